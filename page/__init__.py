"""The job page: one HTML document that shows a job while it goes on, in a host that speaks MCP Apps or in a browser."""
