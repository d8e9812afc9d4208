"""Words in the two languages of the screens."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """A name or description in the two languages of the screens."""

    en: str
    zh: str
