"""One running installation, used in the order of the files: read, drilled, cut off, and at last killed and stopped."""
