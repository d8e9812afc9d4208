"""Reads a connection's options, so that a wrong or misspelt one is named instead of ignored."""

from __future__ import annotations

import os
from difflib import get_close_matches
from pathlib import Path

from didymium.acquire.errors import BadConnection
from didymium.model.plant import Site


class Options:
    """The options of one site's connection. Ask for each key that the protocol knows, then call ``finish``.

    All methods raise ``BadConnection``. Files are named relative to ``folder``.
    """

    def __init__(self, site: Site, folder: Path) -> None:
        self._site = site.id
        self._folder = folder
        self._options = dict(site.connection.options)
        self._known: list[str] = []

    def text(self, key: str, default: str, choices: tuple[str, ...] = ()) -> str:
        """A word, one of ``choices`` if there are any."""
        read = self._take(key, default)
        if not isinstance(read, str):
            raise BadConnection(self._site, key, str(read), "it should be text in quotes")
        if choices and read not in choices:
            raise BadConnection(self._site, key, read, f"it should be one of {', '.join(choices)}")
        return read

    def number(self, key: str, default: float, low: float, high: float) -> float:
        """A number within limits."""
        read = self._take(key, default)
        if isinstance(read, bool) or not isinstance(read, int | float) or not low <= read <= high:
            raise BadConnection(self._site, key, str(read), f"it should be a number from {low:g} to {high:g}")
        return float(read)

    def table(self, key: str) -> dict[str, str]:
        """Words by words, empty when left out."""
        read = self._take(key, {})
        if not isinstance(read, dict) or not all(isinstance(x, str) for pair in read.items() for x in pair):
            raise BadConnection(self._site, key, str(read), 'it should be a table like { PL1 = "…" }')
        return read

    def file(self, key: str) -> Path | None:
        """An existing file, None when left out."""
        read = self.text(key, "")
        if not read:
            return None
        path = self._folder / read
        if not path.is_file():
            raise BadConnection(self._site, key, read, f"there is no file {path}")
        return path

    def password(self) -> str:
        """The password from ``password_env``, ``password_file`` or, for a trial, ``password``."""
        variable = self.text("password_env", "")
        path = self.file("password_file")
        plain = self.text("password", "")
        if variable:
            if variable not in os.environ:
                raise BadConnection(self._site, "password_env", variable, "the environment has no such variable")
            return os.environ[variable]
        return path.read_text("utf-8").strip() if path else plain

    def finish(self) -> None:
        """Refuse keys that nobody asked for."""
        for key in self._options:
            near = get_close_matches(key, self._known, 1)
            hint = f"do you mean {near[0]}?" if near else f"known options are {', '.join(self._known)}"
            raise BadConnection(self._site, "option", key, hint)

    def _take(self, key: str, default: object) -> object:
        self._known.append(key)
        return self._options.pop(key, default)
