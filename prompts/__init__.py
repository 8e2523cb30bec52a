"""Prompts, one Markdown file each. The front matter has the title and arguments; the body is the message for the
model."""
