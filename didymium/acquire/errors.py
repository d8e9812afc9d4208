"""What can go wrong between us and a device, in our words instead of a vendor library's."""

from __future__ import annotations

import socket


class AcquireError(Exception):
    """Root of everything that this room raises."""


class DeviceLost(AcquireError):
    """The connection is over. The supervisor shows ``cause``, keeps ``detail`` for the log and tries again.

    ``cause`` is a few fixed words without numbers or names in them ("connection refused"), so that causes can be
    counted; ``detail`` is whatever helps a person on site.
    """

    def __init__(self, cause: str, detail: str = "") -> None:
        super().__init__(f"{cause}: {detail}" if detail else cause)
        self.cause = cause
        self.detail = detail


class ConnectionClosed(DeviceLost):
    """The device or the network ended an established connection."""

    def __init__(self, detail: str = "") -> None:
        super().__init__("connection closed", detail)


class DeviceSilent(DeviceLost):
    """An answer did not come in time."""

    def __init__(self, detail: str = "") -> None:
        super().__init__("timeout", detail)


class AccessRefused(DeviceLost):
    """The device is there and does not let us in: user, password, certificate or rights."""

    def __init__(self, detail: str = "") -> None:
        super().__init__("access refused", detail)


class ProtocolBroken(DeviceLost):
    """The device sent bytes that its protocol does not allow, so the stream can no longer be trusted."""

    def __init__(self, detail: str = "") -> None:
        super().__init__("garbled reply", detail)


class BadConnection(AcquireError, ValueError):
    """A connection's endpoint, option or tag address cannot be used; ``what`` is its key or the tag's path."""

    def __init__(self, site: str, what: str, read: str, hint: str) -> None:
        super().__init__(f"{site}: {what} is {read!r}; {hint}")
        self.site = site
        self.what = what
        self.read = read
        self.hint = hint


def lost(error: OSError) -> DeviceLost:
    """Return what a socket's error means for a device; the caller raises it from ``error``."""
    if isinstance(error, ConnectionRefusedError):
        return DeviceLost("connection refused", str(error))
    if isinstance(error, TimeoutError):
        return DeviceSilent(str(error))
    if isinstance(error, ConnectionError):
        return ConnectionClosed(str(error))
    if isinstance(error, socket.gaierror):
        return DeviceLost("unknown host", str(error))
    return DeviceLost("network error", str(error))
