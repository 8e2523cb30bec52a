"""MCP resources: guides (one Markdown file each) and jobs, and completions of arguments."""
