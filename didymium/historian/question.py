"""Whether someone's SQL is only a question; the engine's read-only session stands behind this check."""

from __future__ import annotations

import re
from typing import Final

from didymium.historian.errors import RefusedQuery

_ASKS: Final = {"select", "with", "show", "describe", "desc", "explain", "exists"}
# Strings, quoted names and comments say nothing about what a statement does.
_QUIET = re.compile(
    r"'(?:\\.|''|[^'\\])*'|\"(?:\\.|[^\"\\])*\"|`(?:\\.|[^`\\])*`|--[^\n]*|#[!\s][^\n]*|/\*.*?\*/", re.DOTALL
)
# These pass the engine's read-only mode and still leave the store.
_OUTSIDE = re.compile(r"\b(file|outfile)\b", re.IGNORECASE)


def checked(sql: str) -> str:
    """The statement without its closing semicolon. Raises ``RefusedQuery`` for anything but one question."""
    bare = _QUIET.sub(lambda found: "" if found.group()[0] in "-#/" else "''", sql).strip().rstrip("; \t\r\n")
    if ";" in bare:
        raise RefusedQuery("one question at a time")
    first = re.match(r"[\s(]*(\w+)", bare)
    if first is None or first.group(1).lower() not in _ASKS:
        raise RefusedQuery(f"only {', '.join(sorted(_ASKS))} are answered here")
    outside = _OUTSIDE.search(bare)
    if outside is not None:
        raise RefusedQuery(f"{outside.group(1)} reaches outside the historian")
    return sql.strip().rstrip("; \t\r\n")
