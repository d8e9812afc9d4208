"""Reads ``templates.toml`` and ``templates/*.csv``: the tags that every unit of one type has."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from didymium.model.limits import check_order, check_span, read_limits
from didymium.model.mistakes import Mistakes, did_you_mean, missing_file, nearest
from didymium.model.plant import Kind, Template, TemplateTag, Text
from didymium.model.quantity import NotANumber, Resolution, number, resolution
from didymium.model.ranges import MOST_INDICES, NameRange, choices, name_range
from didymium.model.spreadsheet import Row, Sheet, read_csv
from didymium.model.toml_table import read_toml, translated

COLUMNS: Final = (
    "name",
    "kind",
    "unit",
    "low",
    "high",
    "resolution",
    "ll",
    "l",
    "h",
    "hh",
    "limit_text",
    "noise_sigma",
    "labels",
    "description_en",
    "description_zh",
)
TEMPLATE_ID: Final = re.compile(r"(?:T_)?[A-Z][A-Z0-9]*")
TAG_NAME: Final = re.compile(r"[A-Za-z0-9_-]+")
DISCRETE: Final = (Kind.ENUM, Kind.BOOL, Kind.ID, Kind.BITS, Kind.INT)
DOUBLE_EXACT: Final = 2**53


@dataclass(frozen=True, slots=True)
class Templates:
    """Templates by id; ``broken`` are those that miss tags because rows of their file could not be read."""

    by_id: Mapping[str, Template]
    broken: frozenset[str]


def read_templates(folder: Path, mistakes: Mistakes) -> Templates:
    """Return the templates; one with mistakes keeps the rows that could be read."""
    names = read_names(folder, mistakes)
    files = sorted((folder / "templates").glob("*.csv"))
    if not files:
        mistakes.add("templates", 0, "", "", "there is no template CSV in the folder")
    templates: dict[str, Template] = {}
    broken: set[str] = set()
    for path in files:
        id_, file = path.stem, f"templates/{path.name}"
        if not TEMPLATE_ID.fullmatch(id_):
            mistakes.add(
                file, 0, "", id_, "a template's file is named by its id: T_ and capitals or digits, T_CELL.csv"
            )
        if id_ not in names:
            mistakes.add("templates.toml", 0, id_, id_, f"{file} has no name here in both languages")
        tags, whole = read_tags(read_csv(path, file, COLUMNS, mistakes), file, mistakes)
        if not whole:
            broken.add(id_)
        templates[id_] = Template(id_, names.get(id_, Text(id_, id_)), tags)
    for id_ in names.keys() - templates.keys():
        hint = did_you_mean(id_, templates, f"there is no file templates/{id_}.csv")
        mistakes.add("templates.toml", 0, id_, id_, hint)
    return Templates(templates, frozenset(broken))


def read_names(folder: Path, mistakes: Mistakes) -> dict[str, Text]:
    """Return the template names of ``templates.toml``."""
    if missing_file(folder, "templates.toml", mistakes):
        return {}
    toml = read_toml(folder / "templates.toml", "templates.toml", mistakes)
    if toml is None:
        return {}
    return {id_: translated(toml, (id_,), value) or Text(id_, id_) for id_, value in toml.data.items()}


def read_tags(sheet: Sheet, file: str, mistakes: Mistakes) -> tuple[tuple[TemplateTag, ...], bool]:
    """Return the tags of one template's sheet, and whether all its names are right."""
    tags: list[TemplateTag] = []
    taken: dict[str, int] = {}
    whole = sheet.whole
    for row in sheet.rows:
        found = name_range(row["name"])
        if found is not None and isinstance(found.last, int) and found.last - found.first >= MOST_INDICES:
            mistakes.add(file, row.number, "name", row["name"], f"a range has {MOST_INDICES} indices at most")
            whole = False
            continue
        twice = next((name for name in written_names(row["name"]) if name in taken), None)
        if twice is not None:
            mistakes.add(file, row.number, "name", row["name"], f"the tag {twice} stands already in row {taken[twice]}")
            whole = False
            continue
        taken.update((name, row.number) for name in written_names(row["name"]))
        cells = _Cells(row, file, mistakes)
        tags.append(cells.tag())
        whole = whole and cells.named
    if not tags and sheet.whole:
        mistakes.add(file, 0, "", "", "the template has no tags")
    return tuple(tags), whole


def written_names(name: str) -> Iterator[str]:
    """Yield the names that a cell stands for, as far as they are known without the unit."""
    found = name_range(name)
    if found is None or isinstance(found.last, str):
        yield name
    else:
        yield from (f"{found.head}{i:0{found.width}d}{found.tail}" for i in range(found.first, found.last + 1))


class _Cells:
    """One CSV row being turned into a tag."""

    def __init__(self, row: Row, file: str, mistakes: Mistakes) -> None:
        self.row, self.file, self.mistakes = row, file, mistakes
        self.named = True

    def mistake(self, column: str, hint: str) -> None:
        self.mistakes.add(self.file, self.row.number, column, self.row[column], hint)

    def number(self, column: str) -> float:
        try:
            return number(self.row[column])
        except NotANumber as broken:
            self.mistake(column, str(broken))
            return math.nan

    def tag(self) -> TemplateTag:
        found = self.name()
        kind = self.kind()
        low, high = self.span(kind)
        step = self.step(kind)
        ll, l, h, hh = self.limits(low, high)  # noqa: E741
        return TemplateTag(
            name=self.row["name"],
            kind=kind,
            unit=self.row["unit"],
            low=low,
            high=high,
            resolution=step.step,
            significant=step.significant,
            ll=ll,
            l=l,
            h=h,
            hh=hh,
            limit_text=self.row["limit_text"],
            noise_sigma=self.noise(),
            labels=self.labels(kind, low, high),
            description=self.description(found),
        )

    def name(self) -> NameRange | None:
        name = self.row["name"]
        found = name_range(name)
        bare = name if found is None else f"{found.head}0{found.tail}"
        if not TAG_NAME.fullmatch(bare):
            self.mistake("name", "a name has letters, digits, _ and -, and one range at most, such as Z[1..8]_T")
            self.named = False
        if found and isinstance(found.last, int) and found.last < found.first:
            self.mistake("name", "the range ends before it begins")
        return found

    def kind(self) -> Kind:
        read = self.row["kind"]
        if read in tuple(Kind):
            return Kind(read)
        self.mistake("kind", did_you_mean(read, list(Kind), "there is no such kind"))
        return Kind(nearest(read, list(Kind)) or Kind.ANALOG)

    def span(self, kind: Kind) -> tuple[float, float]:
        low, high = self.number("low"), self.number("high")
        for column, value in (("low", low), ("high", high)):
            if not self.row[column]:
                self.mistake(column, "the range is missing; every tag has a low and a high")
            elif kind in DISCRETE and value == value and value != round(value):
                self.mistake(column, f"the range of a tag of kind {kind} is in whole numbers")
            elif abs(value) >= DOUBLE_EXACT:
                self.mistake(column, "the number is too large to be kept exactly")
        if low >= high:
            self.mistake("high", f"the range ends at or below its low of {self.row['low']}")
        if kind is Kind.BOOL and (low, high) != (0.0, 1.0) and low == low and high == high:
            self.mistake("high", "a bool has the range 0 to 1")
        return low, high

    def step(self, kind: Kind) -> Resolution:
        try:
            step = resolution(self.row["resolution"])
        except NotANumber as broken:
            self.mistake("resolution", str(broken))
            return Resolution(1.0, 0)
        if kind in DISCRETE and step != Resolution(1.0, 0):
            self.mistake("resolution", f"a tag of kind {kind} has the resolution 1")
        if kind is Kind.COUNTER and step.significant:
            self.mistake("resolution", "a counter counts in equal steps, not in significant digits")
        return step

    def limits(self, low: float, high: float) -> tuple[float, float, float, float]:
        values = read_limits(self.row, self.file, self.mistakes)
        check_order(self.row, values, self.file, self.mistakes)
        check_span(self.row, values, low, high, self.file, self.mistakes)
        return values[0], values[1], values[2], values[3]

    def noise(self) -> float:
        sigma = self.number("noise_sigma")
        if sigma < 0:
            self.mistake("noise_sigma", "a standard deviation is 0 or above")
        return 0.0 if sigma != sigma else sigma

    def labels(self, kind: Kind, low: float, high: float) -> tuple[str, ...]:
        read = self.row["labels"]
        labels = tuple(label.strip() for label in read.split("|")) if read else ()
        if not labels and kind is not Kind.ENUM:
            return ()
        if "" in labels or len(set(labels)) != len(labels):
            self.mistake("labels", "a label is empty or stands twice; labels are parted by |")
        if kind is Kind.BITS:
            wanted = int(high).bit_length() if high == high else len(labels)
            what = f"{wanted} bits"
        elif kind in (Kind.ENUM, Kind.BOOL):
            wanted = int(high - low) + 1 if high >= low else len(labels)
            what = f"{wanted} values, {self.row['low']} to {self.row['high']}"
        else:
            self.mistake("labels", f"a tag of kind {kind} has no labels; enum, bool and bits have")
            return ()
        if len(labels) != wanted:
            self.mistake("labels", f"{len(labels)} labels for {what}")
        return labels

    def description(self, found: NameRange | None) -> Text:
        for column in ("description_en", "description_zh"):
            if not self.row[column]:
                self.mistake(column, f"the translation {column[-2:]!r} is missing")
            for words in choices(self.row[column]):
                self.check_choice(column, words, found)
        return Text(self.row["description_en"], self.row["description_zh"])

    def check_choice(self, column: str, words: tuple[str, ...], found: NameRange | None) -> None:
        if found is None or isinstance(found.last, str):
            self.mistake(column, "words in {} are for a name with a range of numbers, such as Z[1..8]_T")
        elif len(words) != (wanted := found.last - found.first + 1):
            self.mistake(column, f"{{{'/'.join(words)}}} has {len(words)} words for {wanted} indices")


def counts_wanted(template: Template) -> set[str]:
    """Return the words that a unit of this template must give a number for, such as ``n``."""
    ends = (name_range(tag.name) for tag in template.tags)
    return {found.last for found in ends if found is not None and isinstance(found.last, str)}
