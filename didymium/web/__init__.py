"""HTTP API and event streams."""
