"""What a host can read besides the tools: guides now, one Markdown file each."""
