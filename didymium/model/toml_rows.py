"""Finds the row of a key in a TOML text, which ``tomllib`` reads but does not tell."""

from __future__ import annotations

import re
from typing import Final

KeyPath = tuple[str | int, ...]

BLANK: Final = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
SPACE: Final = re.compile(r"[ \t]*")
KEY: Final = re.compile(r"""[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*'""")
TEXTS: Final = (r'"""(?:[^\\]|\\.)*?"{3,5}', r"'''.*?'{3,5}", r'"(?:[^"\\\n]|\\.)*"', r"'[^'\n]*'")
SCALAR: Final = re.compile("|".join((*TEXTS, r"[^,\]\}\n#]+")), re.DOTALL)


def rows(text: str) -> dict[KeyPath, int]:
    """Return the row, from 1, of each key path in a TOML text that ``tomllib`` accepts.

    ``("areas", 0, "units", 2, "template")`` is the key ``template`` of the third inline table of ``units`` in the
    first ``[[areas]]``; elements of arrays and the tables themselves have paths too.
    """
    return _Scan(text).document()


class _Scan:
    """A reader that only tells keys from values; it trusts the text to be valid."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.found: dict[KeyPath, int] = {}
        self.lengths: dict[KeyPath, int] = {}

    def document(self) -> dict[KeyPath, int]:
        table: KeyPath = ()
        self.skip(BLANK)
        while self.at < len(self.text):
            if self.text.startswith("[", self.at):
                table = self.header()
            else:
                self.pair(table)
            self.skip(BLANK)
        return self.found

    def skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self.text, self.at)
        self.at = match.end() if match else self.at

    def note(self, path: KeyPath, at: int) -> None:
        self.found.setdefault(path, self.text.count("\n", 0, at) + 1)

    def key(self) -> tuple[str, ...]:
        parts: list[str] = []
        while True:
            self.skip(SPACE)
            match = KEY.match(self.text, self.at)
            if match is None:
                raise ValueError(f"no key at character {self.at}")
            parts.append(match.group().strip("\"'"))
            self.at = match.end()
            self.skip(SPACE)
            if not self.text.startswith(".", self.at):
                return tuple(parts)
            self.at += 1

    def header(self) -> KeyPath:
        start = self.at
        several = self.text.startswith("[[", self.at)
        self.at += 2 if several else 1
        parts = self.key()
        self.at += 2 if several else 1
        path: KeyPath = ()
        for place, part in enumerate(parts):
            path = (*path, part)
            if several and place == len(parts) - 1:
                self.lengths[path] = self.lengths.get(path, 0) + 1
            if path in self.lengths:
                self.note(path, start)
                path = (*path, self.lengths[path] - 1)
        self.note(path, start)
        return path

    def pair(self, table: KeyPath) -> None:
        start = self.at
        parts = self.key()
        self.at += 1  # the equals sign
        path = table
        for part in parts:
            path = (*path, part)
            self.note(path, start)
        self.value(path)

    def value(self, path: KeyPath) -> None:
        self.skip(SPACE)
        if self.text.startswith("[", self.at):
            self.array(path)
        elif self.text.startswith("{", self.at):
            self.inline(path)
        else:
            self.skip(SCALAR)

    def array(self, path: KeyPath) -> None:
        self.at += 1
        self.skip(BLANK)
        index = 0
        while not self.text.startswith("]", self.at):
            self.note((*path, index), self.at)
            self.value((*path, index))
            self.separator()
            index += 1
        self.at += 1

    def inline(self, path: KeyPath) -> None:
        self.at += 1
        self.skip(BLANK)
        while not self.text.startswith("}", self.at):
            self.pair(path)
            self.separator()
        self.at += 1

    def separator(self) -> None:
        self.skip(BLANK)
        if self.text.startswith(",", self.at):
            self.at += 1
            self.skip(BLANK)
