"""One running installation, used in the order of the files: it is read, drilled, and at last killed and stopped."""
