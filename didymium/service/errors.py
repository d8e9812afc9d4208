"""What can go wrong with an installation."""

from __future__ import annotations

from pathlib import Path


class ServiceError(Exception):
    """An installation cannot do what was asked; its text is for the person at the terminal."""


class BadInstance(ServiceError):
    """``instance.toml`` says something that cannot be."""

    def __init__(self, path: Path, key: str, read: str, hint: str) -> None:
        super().__init__(f"{path}: {key + ': ' if key else ''}{read}; expected {hint}")
        self.path, self.key, self.read, self.hint = path, key, read, hint


class BadOption(ServiceError):
    """A command was given an option that cannot be."""

    def __init__(self, option: str, read: str, hint: str) -> None:
        super().__init__(f"{option} {read}: expected {hint}")
        self.option, self.read, self.hint = option, read, hint


class PortTaken(ServiceError):
    """Another program listens where this installation wants to."""

    def __init__(self, port: int, purpose: str) -> None:
        super().__init__(
            f"port {port} ({purpose}) is taken by another program. Stop it, or move this installation: "
            "didymium up --port-offset 1000"
        )
        self.port, self.purpose = port, purpose


class AlreadyRunning(ServiceError):
    """This folder's installation runs already."""

    def __init__(self, folder: Path, pid: int) -> None:
        super().__init__(f"{folder} is in use by process {pid}. Stop that one, or give another --data folder.")
        self.folder, self.pid = folder, pid


class NotRunning(ServiceError):
    """The command needs a running centre and none answers."""

    def __init__(self, wall: str) -> None:
        super().__init__(f"Nothing answers at {wall}. Start it with: didymium up")
        self.wall = wall
