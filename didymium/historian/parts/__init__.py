"""The embedded engine's own files, read without the engine: what a trend asks costs a millisecond instead of five."""
