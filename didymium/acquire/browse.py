"""Finds the points of a real server and proposes a complex folder for them, so that connecting a PLC takes minutes."""

from didymium.acquire.browse_folder import write_folder
from didymium.acquire.browse_found import Browsed, Found
from didymium.acquire.browse_opcua import browse_opcua
from didymium.acquire.browse_sparkplug import browse_sparkplug

__all__ = ["Browsed", "Found", "browse_opcua", "browse_sparkplug", "write_folder"]
