"""A simulated complex behind real protocol servers."""
