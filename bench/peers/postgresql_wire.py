"""The little of PostgreSQL's protocol 3.0 that loading and asking need, over its socket in a folder.

A message is a byte that names it, its length as int32 including itself, and its body.
Source: https://www.postgresql.org/docs/15/protocol-message-formats.html
"""

from __future__ import annotations

import socket
import struct
from pathlib import Path
from typing import Final

ANSWER_LIMIT_S: Final = 900.0
COPY_HEAD: Final = b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0)
COPY_END: Final = struct.pack(">h", -1)
_CHUNK: Final = 1 << 20


class Refused(RuntimeError):
    """The server's own words."""


class Connection:
    """One session of a user who needs no password. Not to be shared by threads."""

    def __init__(self, folder: Path, port: int, user: str, database: str) -> None:
        """Raises ``OSError`` while nobody listens."""
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(ANSWER_LIMIT_S)
        self._socket.connect(str(folder / f".s.PGSQL.{port}"))
        self._read = self._socket.makefile("rb", buffering=_CHUNK)
        words = b"user\0" + user.encode() + b"\0database\0" + database.encode() + b"\0\0"
        self._socket.sendall(struct.pack(">ii", 8 + len(words), 196608) + words)
        self._until_ready()

    def ask(self, sql: str) -> list[bytes]:
        """Run a statement. The rows of ``COPY ... TO STDOUT``, each as sent, or the bodies of an ordinary answer."""
        self._socket.sendall(_message(b"Q", sql.encode() + b"\0"))
        return self._until_ready()

    def copy_in(self, sql: str, rows: bytes | memoryview) -> None:
        """``COPY ... FROM STDIN (FORMAT binary)`` with ``rows`` between head and end."""
        self._socket.sendall(_message(b"Q", sql.encode() + b"\0"))
        kind, body = self._message()
        if kind != b"G":
            raise Refused(body.decode(errors="replace"))
        self._socket.sendall(_message(b"d", COPY_HEAD))
        view = memoryview(rows)
        for start in range(0, len(view), _CHUNK):
            part = view[start : start + _CHUNK]
            self._socket.sendall(b"d" + struct.pack(">i", 4 + len(part)))
            self._socket.sendall(part)
        self._socket.sendall(_message(b"d", COPY_END) + _message(b"c", b""))
        self._until_ready()

    def close(self) -> None:
        self._read.close()
        self._socket.close()

    def _message(self) -> tuple[bytes, bytes]:
        head = self._read.read(5)
        if len(head) < 5:
            raise ConnectionError("the server ended the session")
        return head[:1], self._read.read(struct.unpack(">i", head[1:])[0] - 4)

    def _until_ready(self) -> list[bytes]:
        rows: list[bytes] = []
        error: bytes | None = None
        while True:
            kind, body = self._message()
            if kind in (b"D", b"d"):
                rows.append(body)
            elif kind == b"E":
                error = body
            elif kind == b"Z":
                break
        if error is not None:
            raise Refused(error.replace(b"\0", b" ").decode(errors="replace"))
        return rows


def _message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack(">i", 4 + len(body)) + body
