"""One Markdown file a prompt: front matter names it and its arguments, the body is what the model reads."""
