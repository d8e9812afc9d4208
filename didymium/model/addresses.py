"""Reads ``addresses/*.csv`` and derives the addresses of protocols that name points by their path."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from didymium.model.mistakes import Mistakes, did_you_mean
from didymium.model.plant import Protocol
from didymium.model.spreadsheet import Row, Sheet, read_csv

COLUMNS: Final = ("path", "address")
MODBUS_WIDTH: Final = 2
"""Holding registers that one 32-bit float takes."""
S7_WIDTH: Final = 4
"""Bytes that one REAL takes."""
MODBUS_REGISTERS: Final = {
    "float32": MODBUS_WIDTH, "float64": 4, "int16": 1, "uint16": 1, "int32": 2, "uint32": 2,
}  # fmt: skip
"""Registers that a number takes, by the type that an address may name; it is a float32 where it names none."""
S7_BITS: Final = {
    "REAL": 8 * S7_WIDTH, "LREAL": 64, "INT": 16, "UINT": 16, "WORD": 16, "DINT": 32, "UDINT": 32, "DWORD": 32,
    "SINT": 8, "USINT": 8, "BYTE": 8, "BOOL": 1,
}  # fmt: skip
MODBUS: Final = re.compile(rf"(\d+):(hr|ir):(\d+)(?::({'|'.join(MODBUS_REGISTERS)}))?")
S7: Final = re.compile(rf"DB(\d+)\.(\d+)(?:\.([0-7]))?:({'|'.join(S7_BITS)})")
COMMON: Final = "COM"
"""Area of a site's common block."""
EXPLICIT: Final = (Protocol.MODBUS, Protocol.S7)
"""Protocols whose points have no names, so that every address must be listed."""


def read_addresses(folder: Path, sites: Sequence[str], mistakes: Mistakes) -> dict[str, Sheet]:
    """Return each site's address file."""
    listed: dict[str, Sheet] = {}
    for path in sorted((folder / "addresses").glob("*.csv")):
        file = f"addresses/{path.name}"
        if path.stem not in sites:
            mistakes.add(file, 0, "", path.stem, did_you_mean(path.stem, sites, "there is no such site"))
            continue
        listed[path.stem] = read_csv(path, file, COLUMNS, mistakes)
    return listed


def derived(protocol: Protocol, paths: Sequence[str]) -> list[str]:
    """Return the addresses that follow from the paths ``Site.Area.Unit.Tag``; empty for protocols without names."""
    if protocol is Protocol.OPCUA:
        return ["ns=2;s=" + path.partition(".")[2] for path in paths]
    if protocol is Protocol.SPARKPLUG:
        return [_metric(path) for path in paths]
    return [""] * len(paths)


def _metric(path: str) -> str:
    """``<device>/<metric name>``, an area being a device; the common block is the edge node's own, without a device."""
    _, area, rest = path.split(".", 2)
    name = rest.replace(".", "/", 1)
    return name if area == COMMON else f"{area}/{name}"


def site_addresses(
    site: str, protocol: Protocol, paths: Sequence[str], whole: bool, sheet: Sheet | None, mistakes: Mistakes
) -> list[str]:
    """Return one address per path: the listed one, else the derived one; '' with a mistake where there is none.

    Where the site's tags are not ``whole``, listed paths that are not among them are no mistake.
    """
    addresses = derived(protocol, paths)
    file = f"addresses/{site}.csv"
    if sheet is None:
        if protocol in EXPLICIT:
            mistakes.add(file, 0, "", "", f"the file is missing; {protocol} needs the address of every tag of {site}")
        return addresses
    place = {path: index for index, path in enumerate(paths)}
    seen: dict[str, int] = {}
    for row in sheet.rows:
        path = row["path"]
        if path not in place:
            if not whole:
                continue
            hint = did_you_mean(path, _alike(path, paths), f"{site} has no such tag")
            mistakes.add(file, row.number, "path", path, hint)
        elif path in seen:
            mistakes.add(file, row.number, "path", path, f"the tag has an address already in row {seen[path]}")
        else:
            seen[path] = row.number
            addresses[place[path]] = row["address"]
            if not row["address"]:
                mistakes.add(file, row.number, "address", "", "the address is missing")
    if protocol in EXPLICIT and sheet.whole:
        for path in paths:
            if path not in seen:
                mistakes.add(file, 0, "path", path, "the tag has no address in this file")
    _check_overlap(file, protocol, sheet.rows, mistakes)
    return addresses


def _alike(path: str, paths: Sequence[str]) -> list[str]:
    """Return the paths to look for the nearest among: those of the same unit, else of the whole site."""
    stem = path.rpartition(".")[0] + "."
    return [other for other in paths if other.startswith(stem)] or list(paths)


def _check_overlap(file: str, protocol: Protocol, rows: Sequence[Row], mistakes: Mistakes) -> None:
    """Say which addresses are not understood, stand twice, or reach into the next point's registers or bytes."""
    taken: dict[tuple[str, int] | str, Row] = {}
    for row in rows:
        address = row["address"]
        if not address:
            continue
        cells = _cells(protocol, address)
        if cells is None:
            example = "3:hr:120" if protocol is Protocol.MODBUS else "DB4.120:REAL"
            mistakes.add(file, row.number, "address", address, f"an address of {protocol} looks like {example}")
            continue
        other = next((taken[cell] for cell in cells if cell in taken), None)
        if other is not None:
            hint = f"overlaps with {other['address']} of {other['path']} in row {other.number}"
            mistakes.add(file, row.number, "address", address, hint)
        for cell in cells:
            taken.setdefault(cell, row)


def _cells(protocol: Protocol, address: str) -> Sequence[tuple[str, int] | str] | None:
    """Return the registers or bits that an address takes; the address itself where points have names."""
    if protocol is Protocol.MODBUS:
        match = MODBUS.fullmatch(address)
        if match is None:
            return None
        unit, table, register, kind = match.groups()
        return [(f"{unit}:{table}", int(register) + i) for i in range(MODBUS_REGISTERS[kind or "float32"])]
    if protocol is Protocol.S7:
        match = S7.fullmatch(address)
        if match is None or (match[3] is not None) != (match[4] == "BOOL"):
            return None
        first = 8 * int(match[2]) + int(match[3] or 0)
        return [(f"DB{match[1]}", first + i) for i in range(S7_BITS[match[4]])]
    return [address]


def block_addresses(protocol: Protocol, areas: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return packed addresses, one block per area in order: Modbus unit ids or S7 data blocks from 1, points from 0."""
    packed: dict[str, str] = {}
    for block, paths in enumerate(areas.values(), 1):
        for place, path in enumerate(paths):
            if protocol is Protocol.MODBUS:
                packed[path] = f"{block}:hr:{place * MODBUS_WIDTH}"
            else:
                packed[path] = f"DB{block}.{place * S7_WIDTH}:REAL"
    return packed
