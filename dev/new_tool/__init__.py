"""`make new-tool NAME=list_members`: the files of a new read, made from what the SDK knows of its operation."""
