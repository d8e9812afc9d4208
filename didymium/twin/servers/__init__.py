"""Real protocol servers on loopback in front of the simulated plant."""

from didymium.twin.servers.serving import serve

__all__ = ["serve"]
