"""`make new-tool NAME=list_members`: writes the files of a new read, from the SDK's description of its operation."""
