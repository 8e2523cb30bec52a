"""The job page: an HTML document that shows a job while it runs, in a host with MCP Apps or in a browser."""
