"""What is sent, and what can become of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a mail."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Message:
    """``subject`` and ``text`` are for people, ``facts`` (as JSON) for programs; the same ``key`` is the same message.

    ``attachments`` go by mail alone: a program asks for them.
    """

    key: str
    subject: str
    text: str
    facts: Mapping[str, Any]
    attachments: tuple[Attachment, ...] = ()


class Unsent(Exception):
    """A message did not arrive, as far as we know; ``lasting`` when it would be the same next time."""

    def __init__(self, cause: str, *, lasting: bool = False) -> None:
        super().__init__(cause)
        self.cause, self.lasting = cause, lasting


class Outlet(Protocol):
    """A way to one target."""

    @property
    def takes_files(self) -> bool:
        """Whether attachments arrive there."""

    async def send(self, message: Message, now_us: int) -> None:
        """Return when the target has it. Raises ``Unsent``."""
