"""The skill alibabacloud-pai-dlc-job: its folder, written from the code by `make docs`, and its service over MCP."""
