"""What ``instance.toml`` says about keeping: ``[retention.default]`` and one table for each class of tags."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from didymium.service.errors import BadInstance

DEFAULT: Final = "default"
NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
KEYS: Final = ("tags", "archive_days", "minutes_days")
DEFAULT_KEYS: Final = ("store_days", "archive_days", "minutes_days")


@dataclass(frozen=True, slots=True)
class Rule:
    """A class of tags by patterns over their paths; days are None for ever."""

    name: str
    patterns: tuple[str, ...]
    archive_days: int | None
    minutes_days: int | None


@dataclass(frozen=True, slots=True)
class Rules:
    """When a day leaves the store, and how long each class is kept; the last rule is the default."""

    file: Path
    store_days: int
    rules: tuple[Rule, ...]


def read_rules(path: Path, said: object) -> Rules | None:
    """The rules of the table ``retention``, None without one. Raises ``BadInstance`` with the key at fault."""
    if said is None:
        return None
    if not isinstance(said, dict) or not all(isinstance(table, dict) for table in said.values()):
        raise BadInstance(path, "retention", repr(said), "tables like [retention.default]")
    default = said.get(DEFAULT)
    if default is None:
        raise BadInstance(path, "retention", f"only {', '.join(said) or 'nothing'}", "a table [retention.default] too")
    store_days = _days(path, default, DEFAULT, "store_days", 1)
    if store_days is None:
        raise BadInstance(path, "retention.default", "no store_days", "after how many days a day leaves the store")
    rules = []
    for name, table in said.items():
        if not NAME.fullmatch(name):
            raise BadInstance(path, f"retention.{name}", repr(name), "a name of small letters, digits and _")
        known = DEFAULT_KEYS if name == DEFAULT else KEYS
        for key in table:
            if key not in known:
                hint = "one of " + ", ".join(known)
                if key == "store_days":
                    hint += "; a day leaves the store as a whole, so only the default says when"
                raise BadInstance(path, f"retention.{name}.{key}", "a key that nothing reads", hint)
        archive_days = _days(path, table, name, "archive_days", store_days)
        minutes_days = _days(path, table, name, "minutes_days", archive_days or 1)
        if minutes_days is not None and archive_days is None:
            raise BadInstance(
                path, f"retention.{name}.minutes_days", repr(minutes_days), "archive_days too, for readings go first"
            )
        rules.append(Rule(name, () if name == DEFAULT else _patterns(path, table, name), archive_days, minutes_days))
    rules.sort(key=lambda rule: rule.name == DEFAULT)
    return Rules(path, store_days, tuple(rules))


def _days(path: Path, table: Mapping[str, object], name: str, key: str, least: int) -> int | None:
    value = table.get(key)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise BadInstance(path, f"retention.{name}.{key}", repr(value), f"a whole number of days, at least {least}")
    return value


def _patterns(path: Path, table: Mapping[str, object], name: str) -> tuple[str, ...]:
    patterns = table.get("tags")
    if not isinstance(patterns, list) or not patterns or not all(isinstance(one, str) for one in patterns):
        raise BadInstance(path, f"retention.{name}.tags", repr(patterns), 'a list of patterns like ["*.*.*.TEMP*"]')
    return tuple(patterns)
