"""Who is told of which alarms, and who gets the reports of shifts: ``notifications.toml`` of a complex folder."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from didymium.alarms.definitions import Priority
from didymium.alarms.entries import PRIORITIES, read_entries
from didymium.alarms.notice_name import NAME
from didymium.model.clock import minute_of
from didymium.model.mistakes import BadComplex, Mistake, Mistakes, did_you_mean
from didymium.model.plant import Complex
from didymium.model.toml_rows import KeyPath
from didymium.model.toml_table import Key, Shape, TomlFile, read_toml, table

FILE: Final = "notifications.toml"
MINUTE_US: Final = 60_000_000
LANGUAGES: Final = ("en", "zh")
USUAL_MOST: Final = 6
TEXTS: Final = Key(Shape.TEXTS, required=False)
LANGUAGE: Final = Key(Shape.TEXT, required=False, words=LANGUAGES)
RULE_KEYS: Final = {
    "id": Key(Shape.TEXT),
    "to": Key(Shape.TEXTS),
    "priorities": Key(Shape.TEXTS, required=False, words=PRIORITIES),
    "positions": TEXTS,
    "sites": TEXTS,
    "unacknowledged_min": Key(Shape.NUMBER, required=False),
    "quiet": TEXTS,
    "most_per_10_min": Key(Shape.COUNT, required=False),
    "language": LANGUAGE,
}
REPORT_KEYS: Final = {"to": Key(Shape.TEXTS), "site": Key(Shape.TEXT, required=False), "language": LANGUAGE}
TABLES: Final = {name: Key(Shape.TABLES, required=False) for name in ("rules", "reports")}


@dataclass(frozen=True, slots=True)
class Choice:
    """Which alarms: those of these priorities, positions and sites; an empty set means all."""

    priorities: frozenset[Priority]
    positions: frozenset[str]
    sites: frozenset[str]


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours of the plant's clock in which nothing is sent, minutes after midnight; they may go over midnight."""

    from_min: int
    to_min: int


@dataclass(frozen=True, slots=True)
class Rule:
    """Tell targets of alarms: when they are told, or when nobody acknowledged them for ``unacknowledged_us``.

    Of more than ``most`` in ten minutes of the clock the others are told as one digest, and so are those of
    the ``quiet`` hours at their end.
    """

    id: str
    to: tuple[str, ...]
    choice: Choice
    unacknowledged_us: int
    quiet: Quiet | None
    most: int
    language: str


@dataclass(frozen=True, slots=True)
class ReportRule:
    """Send the report of every shift, of one site or of all ("")."""

    to: tuple[str, ...]
    site: str
    language: str


@dataclass(frozen=True, slots=True)
class NoticeRules:
    """All of the file."""

    rules: tuple[Rule, ...] = ()
    reports: tuple[ReportRule, ...] = ()

    @property
    def targets(self) -> dict[str, str]:
        """Each target that is named, with what names it first."""
        named = [(target, f"rule {rule.id!r}") for rule in self.rules for target in rule.to]
        named += [(target, "a report") for report in self.reports for target in report.to]
        return dict(reversed(named))


def read_notice_rules(folder: Path, plant: Complex) -> NoticeRules:
    """Return the rules of a complex; a folder without the file has none. Raises ``BadComplex`` with all mistakes."""
    mistakes = Mistakes()
    rules = _read(folder, plant, mistakes)
    if mistakes.found:
        raise BadComplex(tuple(mistakes.sorted()))
    return rules


def check(folder: Path, plant: Complex | None) -> list[Mistake]:
    """Return everything that is wrong with ``notifications.toml``; without a complex what can be seen of it alone."""
    mistakes = Mistakes()
    _read(folder, plant, mistakes)
    return mistakes.sorted()


def _read(folder: Path, plant: Complex | None, mistakes: Mistakes) -> NoticeRules:
    if not (folder / FILE).exists():
        return NoticeRules()
    toml = read_toml(folder / FILE, FILE, mistakes)
    if toml is None:
        return NoticeRules()
    said = table(toml, (), toml.data, TABLES)
    known: dict[str, list[str]] | None = None
    if plant is not None:
        positions = read_entries(folder, Mistakes()).positions  # its own check says what is wrong there
        known = {"positions": [each.id for each in positions], "sites": [site.id for site in plant.sites]}
    found: list[Rule] = []
    for index, data in enumerate(said.get("rules", ())):
        rule = _rule(toml, ("rules", index), data, known)
        if rule is not None and rule.id in {each.id for each in found}:
            toml.mistake(("rules", index, "id"), rule.id, f"there is a rule {rule.id!r} already")
        elif rule is not None:
            found.append(rule)
    reports = [_report(toml, ("reports", index), data, known) for index, data in enumerate(said.get("reports", ()))]
    return NoticeRules(tuple(found), tuple(each for each in reports if each is not None))


def _rule(toml: TomlFile, path: KeyPath, data: object, known: Mapping[str, Collection[str]] | None) -> Rule | None:
    said = table(toml, path, data, RULE_KEYS)
    if "id" in said:
        _named(toml, (*path, "id"), [said["id"]])
    _named(toml, (*path, "to"), said.get("to", ()))
    for key, names in (known or {}).items():
        _there(toml, (*path, key), said.get(key, ()), names)
    wait_min = said.get("unacknowledged_min", 0.0)
    if "unacknowledged_min" in said and wait_min <= 0.0:
        toml.mistake((*path, "unacknowledged_min"), wait_min, "minutes above 0; leave it out to tell at once")
    quiet = _quiet(toml, (*path, "quiet"), said["quiet"]) if "quiet" in said else None
    if "id" not in said or "to" not in said:
        return None
    return Rule(
        said["id"],
        tuple(said["to"]),
        Choice(
            frozenset(Priority[word.upper()] for word in said.get("priorities", ())),
            frozenset(said.get("positions", ())),
            frozenset(said.get("sites", ())),
        ),
        round(wait_min * MINUTE_US),
        quiet,
        said.get("most_per_10_min", USUAL_MOST),
        said.get("language", "en"),
    )


def _report(
    toml: TomlFile, path: KeyPath, data: object, known: Mapping[str, Collection[str]] | None
) -> ReportRule | None:
    said = table(toml, path, data, REPORT_KEYS)
    _named(toml, (*path, "to"), said.get("to", ()))
    if known is not None and "site" in said:
        _there(toml, (*path, "site"), [said["site"]], known["sites"])
    return ReportRule(tuple(said["to"]), said.get("site", ""), said.get("language", "en")) if "to" in said else None


def _named(toml: TomlFile, path: KeyPath, names: Collection[str]) -> None:
    for name in names:
        if not NAME.fullmatch(name):
            toml.mistake(path, name, "a name has letters, digits, - and _ only")


def _there(toml: TomlFile, path: KeyPath, names: Collection[str], known: Collection[str]) -> None:
    what = {"positions": "position in alarms.toml"}.get(str(path[-1]), "site")
    for name in names:
        if name not in known:
            toml.mistake(path, name, did_you_mean(name, known, f"there is no such {what}"))


def _quiet(toml: TomlFile, path: KeyPath, read: list[Any]) -> Quiet | None:
    minutes = [minute for each in read if (minute := minute_of(each)) is not None]
    if len(read) != 2 or len(minutes) != 2 or minutes[0] == minutes[1]:
        toml.mistake(path, ", ".join(read), 'two different clock times of the plant, ["22:00", "06:00"]')
        return None
    return Quiet(*minutes)
