"""Reads the TOML files of a complex folder against the keys that each table may have."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

from didymium.model.mistakes import Mistakes, did_you_mean, nearest
from didymium.model.plant import Text
from didymium.model.spreadsheet import read_text
from didymium.model.toml_rows import KeyPath, rows


class Shape(Enum):
    """What a key's value must look like."""

    TEXT = "a text in quotes"
    TRANSLATED = 'a text in both languages, { en = "...", zh = "..." }'
    NUMBER = "a number"
    SHARE = "a number from 0 to 1"
    COUNT = "a whole number above 0"
    FLAG = "true or false"
    TEXTS = "a list of texts"
    NUMBERS = "a list of numbers"
    TABLE = "a table"
    TABLES = "a list of tables"
    NAMED_TEXTS = 'a table of texts, { PL1 = "..." }'


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a table: its shape, whether it must stand there, and the words it may say (any when empty)."""

    shape: Shape
    required: bool = True
    words: tuple[str, ...] = ()


@dataclass
class TomlFile:
    """A TOML file as read; rows are only looked up when a mistake is to be named."""

    file: str
    text: str
    data: dict[str, Any]
    mistakes: Mistakes
    _rows: dict[KeyPath, int] | None = field(default=None, repr=False)

    def row(self, path: KeyPath) -> int:
        """Return the row where ``path`` or the nearest thing around it stands."""
        if self._rows is None:
            self._rows = rows(self.text)
        while path and path not in self._rows:
            path = path[:-1]
        return self._rows.get(path, 1)

    def mistake(self, path: KeyPath, read: object, hint: str) -> None:
        """Note a mistake at a key."""
        column = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")
        self.mistakes.add(self.file, self.row(path), column, read, hint)


def read_toml(path: Path, file: str, mistakes: Mistakes) -> TomlFile | None:
    """Return the file, or None with a mistake noted when it is not TOML."""
    text = read_text(path, file, mistakes)
    try:
        return TomlFile(file, text, tomllib.loads(text), mistakes)
    except tomllib.TOMLDecodeError as broken:
        said = str(broken)
        place = re.search(r"at line (\d+), column (\d+)", said)
        row = int(place.group(1)) if place else text.count("\n") + 1
        lines = text.splitlines()
        read = lines[row - 1].strip() if row <= len(lines) else ""
        mistakes.add(file, row, "", read, f"not TOML: {said.split(' (at ')[0]}")
        return None


def table(toml: TomlFile, path: KeyPath, data: object, keys: Mapping[str, Key]) -> dict[str, Any]:
    """Return the values of one table, each of its key's shape; what is missing or wrong is a mistake and left out."""
    if not isinstance(data, dict):
        toml.mistake(path, data, "here stands a table, with keys " + ", ".join(keys))
        return {}
    values: dict[str, Any] = {}
    meant: set[str | None] = set()
    for key, read in data.items():
        if key not in keys:
            absent = [known for known in keys if known not in data]
            toml.mistake((*path, key), key, did_you_mean(key, absent, "there is no such key"))
            meant.add(nearest(key, absent))
            continue
        checked = value(toml, (*path, key), read, keys[key])
        if checked is not None:
            values[key] = checked
    for name, wanted in keys.items():
        if wanted.required and name not in data and name not in meant:
            toml.mistake(path, "", f"the key {name!r} is missing; it is {wanted.shape.value}")
    return values


def value(toml: TomlFile, path: KeyPath, read: Any, key: Key) -> Any:
    """Return the value in its type, or None with a mistake noted."""
    if key.shape is Shape.TRANSLATED:
        return translated(toml, path, read)
    if not _fits(read, key.shape):
        toml.mistake(path, read, f"must be {key.shape.value}")
        return None
    said: Sequence[str] = read if key.shape is Shape.TEXTS else [read] if key.shape is Shape.TEXT else ()
    for word in said:
        if key.words and word not in key.words:
            toml.mistake(path, word, did_you_mean(word, key.words, "not a word that is known here"))
            return None
        if not word.strip():
            toml.mistake(path, word, "the text is empty")
            return None
    return float(read) if key.shape in (Shape.NUMBER, Shape.SHARE) else read


def _fits(value: Any, shape: Shape) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    match shape:
        case Shape.TEXT:
            return isinstance(value, str)
        case Shape.NUMBER:
            return number and abs(value) <= sys.float_info.max
        case Shape.SHARE:
            return number and 0 <= value <= 1
        case Shape.COUNT:
            return number and isinstance(value, int) and value > 0
        case Shape.FLAG:
            return isinstance(value, bool)
        case Shape.TEXTS:
            return isinstance(value, list) and bool(value) and all(isinstance(item, str) for item in value)
        case Shape.NUMBERS:
            return isinstance(value, list) and bool(value) and all(_fits(item, Shape.NUMBER) for item in value)
        case Shape.TABLE:
            return isinstance(value, dict)
        case Shape.TABLES:
            return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)
        case Shape.NAMED_TEXTS:
            return isinstance(value, dict) and all(isinstance(item, str) for item in value.values())
        case _:
            return False


def translated(toml: TomlFile, path: KeyPath, value: object) -> Text | None:
    """Return the text in both languages; a language that is missing or empty is a mistake."""
    if not isinstance(value, dict):
        toml.mistake(path, value, f"must be {Shape.TRANSLATED.value}")
        return None
    for language in value:
        if language not in ("en", "zh"):
            toml.mistake((*path, language), language, "a text has the languages 'en' and 'zh'")
    said: dict[str, str] = {}
    for language in ("en", "zh"):
        text = value.get(language)
        if not isinstance(text, str) or not text.strip():
            read = value.get("en") or value.get("zh") or ""
            toml.mistake((*path, language), read, f"the translation {language!r} is missing")
        else:
            said[language] = text
    return Text(said.get("en", ""), said.get("zh", ""))
