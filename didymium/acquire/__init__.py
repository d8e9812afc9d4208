"""Connectors to the plant's devices, and the edge agent that runs them."""
