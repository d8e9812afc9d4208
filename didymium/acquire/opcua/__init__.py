"""OPC UA: a session of asyncua whose Publish responses are walked into columns by our own decoder."""

from didymium.acquire.opcua.build import build
from didymium.acquire.opcua.connector import OpcuaConnector

__all__ = ["OpcuaConnector", "build"]
