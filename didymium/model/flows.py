"""Reads ``flows.toml`` and ``headlines.toml``: goods between sites and the figures of the day."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from didymium.model.mistakes import Mistakes, did_you_mean, missing_file
from didymium.model.plant import Flow, Headline, Kind, Method, Origin, Site, TagTable, Text
from didymium.model.search import matching_rows, nearest_step
from didymium.model.toml_rows import KeyPath
from didymium.model.toml_table import Key, Shape, TomlFile, read_toml, table

ID: Final = re.compile(r"[a-z][a-z0-9_]*")
AMOUNT_KEYS: Final = {
    "id": Key(Shape.TEXT),
    "name": Key(Shape.TRANSLATED),
    "origin": Key(Shape.TEXT, words=tuple(Origin)),
    "tags": Key(Shape.TEXTS),
    "factor": Key(Shape.NUMBER),
    "method": Key(Shape.TEXT, words=tuple(Method)),
}
FLOW_KEYS: Final = {
    **AMOUNT_KEYS,
    "from": Key(Shape.TEXT),
    "to": Key(Shape.TEXT),
    "goods": Key(Shape.TEXT),
    "plan_t_d": Key(Shape.NUMBER),
}
HEADLINE_KEYS: Final = {
    **AMOUNT_KEYS,
    "site": Key(Shape.TEXT),
    "unit": Key(Shape.TEXT),
    "plan": Key(Shape.NUMBER),
    "source": Key(Shape.TEXT),
}
KINDS_OF: Final = {
    Method.COUNTER: (Kind.COUNTER,),
    Method.SUM_OF_CHANGES: (Kind.ANALOG, Kind.INT),
    Method.COUNT_OF_CHANGES: (Kind.ID, Kind.INT, Kind.COUNTER),
    Method.INTEGRAL_PER_HOUR: (Kind.ANALOG,),
}


def read_flows(
    folder: Path, sites: Sequence[Site], tags: TagTable, unsure: Collection[str], mistakes: Mistakes
) -> tuple[Flow, ...]:
    """Return the flows of ``flows.toml``; patterns into ``unsure`` sites, whose tags are not whole, may fit nothing."""
    reader = _AmountFile(folder, "flows.toml", "flows", FLOW_KEYS, sites, tags, unsure, mistakes)
    flows: list[Flow] = []
    for path, said in reader.tables():
        for end in ("from", "to"):
            reader.check_site((*path, end), said)
        if said.get("to") is not None and said["to"] == said.get("from"):
            reader.mistake((*path, "to"), said["to"], "goods flow from one site to another, not to the same")
        if said.get("plan_t_d", 1.0) <= 0.0:
            reader.mistake((*path, "plan_t_d"), said["plan_t_d"], "a plan is a number above 0")
        flows.append(
            Flow(
                id=said.get("id", ""),
                source=said.get("from", ""),
                target=said.get("to", ""),
                name=said.get("name", Text("", "")),
                goods=said.get("goods", ""),
                plan_t_d=said.get("plan_t_d", 0.0),
                origin=Origin(said.get("origin", Origin.ASSUMED)),
                tags=tuple(said.get("tags", ())),
                factor=said.get("factor", 1.0),
                method=Method(said.get("method", Method.COUNTER)),
            )
        )
    return tuple(flows)


def read_headlines(
    folder: Path, sites: Sequence[Site], tags: TagTable, unsure: Collection[str], mistakes: Mistakes
) -> tuple[Headline, ...]:
    """Return the figures of ``headlines.toml``."""
    reader = _AmountFile(folder, "headlines.toml", "headlines", HEADLINE_KEYS, sites, tags, unsure, mistakes)
    headlines: list[Headline] = []
    for path, said in reader.tables():
        reader.check_site((*path, "site"), said)
        if said.get("plan", 1.0) <= 0.0:
            reader.mistake((*path, "plan"), said["plan"], "a plan is a number above 0")
        headlines.append(
            Headline(
                id=said.get("id", ""),
                site=said.get("site", ""),
                name=said.get("name", Text("", "")),
                unit=said.get("unit", ""),
                plan=said.get("plan", 0.0),
                origin=Origin(said.get("origin", Origin.ASSUMED)),
                source=said.get("source", ""),
                tags=tuple(said.get("tags", ())),
                factor=said.get("factor", 1.0),
                method=Method(said.get("method", Method.COUNTER)),
            )
        )
    return tuple(headlines)


class _AmountFile:
    """A file of ``[[flows]]`` or ``[[headlines]]``, whose tags must exist and suit the method."""

    def __init__(
        self,
        folder: Path,
        file: str,
        name: str,
        keys: Mapping[str, Key],
        sites: Sequence[Site],
        tags: TagTable,
        unsure: Collection[str],
        mistakes: Mistakes,
    ) -> None:
        self.name, self.keys, self.sites, self.tags, self.unsure = name, keys, sites, tags, unsure
        self.toml: TomlFile | None = None
        if not missing_file(folder, file, mistakes):
            self.toml = read_toml(folder / file, file, mistakes)

    def mistake(self, path: KeyPath, read: object, hint: str) -> None:
        if self.toml is not None:
            self.toml.mistake(path, read, hint)

    def tables(self) -> list[tuple[KeyPath, dict[str, Any]]]:
        """Return each table with its path, keys and tags checked."""
        if self.toml is None:
            return []
        listed = table(self.toml, (), self.toml.data, {self.name: Key(Shape.TABLES, required=False)})
        found: list[tuple[KeyPath, dict[str, Any]]] = []
        ids: set[str] = set()
        for index, data in enumerate(listed.get(self.name, ())):
            path: KeyPath = (self.name, index)
            said = table(self.toml, path, data, self.keys)
            if said.get("id") in ids:
                self.mistake((*path, "id"), said["id"], "the id stands twice")
            ids.add(said.get("id", ""))
            if "id" in said and not ID.fullmatch(said["id"]):
                self.mistake((*path, "id"), said["id"], "an id has small letters, digits and _ only")
            if said.get("factor", 1.0) == 0.0:
                self.mistake((*path, "factor"), said["factor"], "a factor of 0 leaves nothing")
            for place, pattern in enumerate(said.get("tags", ())):
                self.check_pattern((*path, "tags", place), pattern, said.get("method"))
            found.append((path, said))
        return found

    def check_site(self, path: KeyPath, said: Mapping[str, Any]) -> None:
        site = said.get(str(path[-1]))
        ids = [known.id for known in self.sites]
        if site is not None and site not in ids:
            self.mistake(path, site, did_you_mean(site, ids, "there is no such site"))

    def check_pattern(self, path: KeyPath, pattern: str, method: str | None) -> None:
        rows = matching_rows(pattern, self.tags, self.sites)
        if not rows and pattern.split(".")[0] in self.unsure:
            return
        if not rows:
            self.mistake(path, pattern, f"no tag fits this pattern{nearest_step(pattern, self.tags.path)}")
            return
        if method is None:
            return
        kinds = KINDS_OF[Method(method)]
        unfit = next((row for row in rows if self.tags.kind[row] not in kinds), None)
        if unfit is not None:
            kind = self.tags.kind[unfit]
            hint = f"the method {method} is for tags of kind {', '.join(kinds)}; {self.tags.path[unfit]} is {kind}"
            self.mistake(path, pattern, hint)
