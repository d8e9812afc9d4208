"""Makes the flow sheets of a complex from its ``balances.toml``, and says what no balance could use."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from didymium.balance.classify import Class, classify
from didymium.balance.entries import FILE, HELD, Item, SheetEntry, read_balance_entries
from didymium.balance.legs import Compared, Leg, Rule
from didymium.balance.network import ENVIRONMENT
from didymium.balance.reduction import reduce_network
from didymium.balance.sheets import Node, Quantity, Sheet, Sheets, Stream
from didymium.balance.verdict_entries import LegEntry, VerdictEntry
from didymium.kpi.building import all_entries, built
from didymium.kpi.definitions import Kpi, Kpis
from didymium.model.mistakes import BadComplex, Mistake, Mistakes, did_you_mean
from didymium.model.plant import Complex, Text

GAIN_EN, GAIN_ZH = "gain", "存量增加"


def read_sheets(folder: Path, plant: Complex) -> Sheets:
    """Return the key figures and flow sheets of a complex. Raises ``BadComplex`` with all mistakes."""
    mistakes = Mistakes()
    sheets = _sheets(folder, plant, mistakes)
    if mistakes.found:
        raise BadComplex(tuple(mistakes.sorted()))
    return sheets


def check(folder: Path, plant: Complex | None) -> list[Mistake]:
    """Return everything that is wrong with ``balances.toml``; without a complex only what can be seen of it alone."""
    mistakes = Mistakes()
    if plant is None:
        read_balance_entries(folder, mistakes)
    else:
        _sheets(folder, plant, mistakes)
    return [mistake for mistake in mistakes.sorted() if mistake.file == FILE]


def _sheets(folder: Path, plant: Complex, mistakes: Mistakes) -> Sheets:
    entries = read_balance_entries(folder, mistakes)
    items = [item for entry in entries.sheets for item in (*entry.nodes, *entry.streams)]
    figures = [item.figure for item in items if item.figure is not None]
    figures += [figure for entry in entries.verdicts for leg in entry.legs for figure in leg.figures]
    kpis = built([*all_entries(folder, plant, mistakes), *figures], plant)
    made = [_sheet(entry, kpis, plant) for entry in entries.sheets]
    of = {sheet.id: sheet for sheet in made if sheet is not None}
    rules = [_rule(entry, entries.named, of, kpis) for entry in entries.verdicts]
    return Sheets(
        tuple(sheet for sheet in made if sheet is not None), kpis, tuple(rule for rule in rules if rule is not None)
    )


def _rule(entry: VerdictEntry, sheets: Sequence[str], made: dict[str, Sheet], kpis: Kpis) -> Rule | None:
    before = len(entry.toml.mistakes.found)
    for leg in entry.legs:
        sheet = made.get(leg.said.get("sheet", ""))
        outer = [stream.id for stream in sheet.streams if stream.kpi is None and stream.is_outer] if sheet else []
        if outer:
            hint = (
                f"what is missing of this sheet cannot be told: {', '.join(outer)} crosses its border without a meter"
            )
            entry.toml.mistake((*leg.path, "sheet"), leg.said["sheet"], hint)
    for said, path in ((entry.said, entry.path), *((leg.said, leg.path) for leg in entry.legs)):
        if "sheet" in said and said["sheet"] not in sheets:
            hint = did_you_mean(said["sheet"], sheets, "there is no such sheet")
            entry.toml.mistake((*path, "sheet"), said["sheet"], hint)
    figures = [figure.id for leg in entry.legs for figure in leg.figures]
    if len(entry.toml.mistakes.found) > before or any(id_ not in kpis.of for id_ in figures):
        return None
    said = entry.said
    legs = tuple(_leg(leg, kpis) for leg in entry.legs)
    return Rule(said["id"], said["name"], said["source"], said["sheet"], said["bias_percent"], legs)


def _leg(entry: LegEntry, kpis: Kpis) -> Leg:
    said, compared = entry.said, entry.compared
    unit = "%" if compared is Compared.CLOSING else said.get("unit", "")
    return Leg(
        id=said["id"],
        name=said["name"],
        compared=compared,
        unit="" if unit == "1" else unit,
        low=said.get("low", 0.0),
        high=said.get("high", 0.0),
        days=said.get("days", 0),
        sheet=said.get("sheet", ""),
        kpis=tuple(kpis.of[figure.id] for figure in entry.figures),
        missing=said.get("missing"),
    )


def _sheet(entry: SheetEntry, kpis: Kpis, plant: Complex) -> Sheet | None:
    before = len(entry.toml.mistakes.found)
    said = entry.said
    places = {item.said["id"]: place for place, item in enumerate(entry.nodes)}
    nodes = [_node(entry, item, plant) for item in entry.nodes]
    streams = [_stream(entry, item, places, kpis) for item in entry.streams]
    streams += [_gain(item, place, kpis) for place, item in enumerate(entry.nodes) if item.figure is not None]
    figures = [item.figure.id for item in (*entry.nodes, *entry.streams) if item.figure is not None]
    if len(entry.toml.mistakes.found) > before or any(id_ not in kpis.of for id_ in figures):
        return None
    sheet = Sheet(
        id=said["id"],
        name=said["name"],
        quantity=Quantity(said["quantity"]),
        unit="" if said["unit"] == "1" else said["unit"],
        decimals=int(said.get("decimals", 1)),
        source=said["source"],
        nodes=tuple(nodes),
        streams=tuple(streams),
    )
    _check_nodes(entry, sheet)
    return sheet if len(entry.toml.mistakes.found) == before else None


def _node(entry: SheetEntry, item: Item, plant: Complex) -> Node:
    site, unit = item.said.get("site", ""), item.said.get("unit", "")
    known: dict[str, list[str]] = {
        "site": [each.id for each in plant.sites],
        "unit": [each.path for each in plant.units],
    }
    for key, words in known.items():
        if key in item.said and item.said[key] not in words:
            hint = did_you_mean(item.said[key], words, f"there is no such {key}")
            entry.toml.mistake((*item.path, key), item.said[key], hint)
    return Node(item.said["id"], item.said["name"], site or unit.split(".")[0], unit)


def _stream(entry: SheetEntry, item: Item, places: dict[str, int], kpis: Kpis) -> Stream:
    said = item.said
    ends = []
    for key in ("from", "to"):
        if key in said and said[key] not in places:
            hint = did_you_mean(said[key], list(places), "this stream dangles: there is no such node")
            entry.toml.mistake((*item.path, key), said[key], hint)
        ends.append(places.get(said.get(key, ""), ENVIRONMENT))
    if "from" not in said and "to" not in said:
        hint = "this stream dangles: say the node that it comes 'from' or goes 'to', or both"
        entry.toml.mistake(item.path, said["id"], hint)
    elif said.get("from") == said.get("to"):
        entry.toml.mistake((*item.path, "to"), said["to"], "a stream goes to another node, not to where it comes from")
    kpi = _kpi(item, kpis)
    return Stream(said["id"], said["name"], ends[0], ends[1], kpi, said.get("percent", 0.0), said.get("least", 0.0))


def _gain(item: Item, place: int, kpis: Kpis) -> Stream:
    name = item.said["name"]
    words = Text(f"{name.en}: {GAIN_EN}", f"{name.zh}：{GAIN_ZH}")
    id_ = f"{item.said['id']}_{HELD}"
    return Stream(id_, words, place, ENVIRONMENT, _kpi(item, kpis), 0.0, item.said["gauging"], gauging=True)


def _kpi(item: Item, kpis: Kpis) -> Kpi | None:
    return kpis.of.get(item.figure.id) if item.figure is not None else None


def _check_nodes(entry: SheetEntry, sheet: Sheet) -> None:
    """Say which nodes can never close, have nothing measured, or say again what others say."""
    network, measured = sheet.network, sheet.measured
    for place, item in enumerate(entry.nodes):
        into, out = network.target == place, network.source == place
        real = np.array([not stream.gauging for stream in sheet.streams])
        if not (into & real).any() and not (out & real).any():
            entry.toml.mistake(item.path, item.said["id"], "no stream comes to this node or goes from it")
        elif not (measured & (into | out)).any():
            hint = "all meters of this node are missing: its balance can say nothing; leave it out or name a meter"
            entry.toml.mistake(item.path, item.said["id"], hint)
    for part in network.closed_parts():
        ids = [entry.nodes[place].said["id"] for place in part.tolist()]
        hint = f"no stream joins {', '.join(ids)} to outside, so that the last of these balances depends on the others"
        entry.toml.mistake(entry.nodes[int(part[-1])].path, ids[-1], hint)
    reduction = reduce_network(network, measured)
    if not (classify(reduction) == Class.REDUNDANT).any():
        entry.toml.mistake(entry.path, sheet.id, "no meter of this sheet can be compared with another")
