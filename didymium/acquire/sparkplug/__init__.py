"""Sparkplug B 3.0 as a host application: STATE, births, order of messages, rebirth requests, columns of readings."""

from didymium.acquire.sparkplug.build import build
from didymium.acquire.sparkplug.connector import SparkplugConnector

__all__ = ["SparkplugConnector", "build"]
