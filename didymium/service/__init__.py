"""Configuration, wiring, supervision, command line."""
