"""Production dispatch command centre for multi-site process plants."""

__version__ = "0.1.0"
