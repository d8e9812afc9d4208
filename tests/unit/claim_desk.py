"""Claims of a small complex, written by hand: the starter's, with one headline and one flow."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from didymium.evidence.building import check, read_claims
from didymium.evidence.definitions import Claim, Kind
from didymium.evidence.live import LiveSource
from didymium.model import starter
from didymium.model.folder import read_complex
from didymium.model.plant import Complex

KPIS: Mapping[tuple[Kind, str], LiveSource] = {(Kind.KPI, "yield_"): LiveSource("%", frozenset({"S01"}))}
WORDS = 'name = { en = "X", zh = "甲" }\npublished = { en = "x", zh = "甲" }\nsource = "A1"\n'
LABEL = 'label = { en = "x", zh = "甲" }'
FORMULA = 'formula = "made / furnaces"\n'


def given(name: str, value: float, unit: str, more: str = "") -> str:
    """One input."""
    further = f", {more}" * bool(more)
    known = f'origin = "assumed", source = "A"{further}'
    return f'{{ name = "{name}", {LABEL}, value = {value}, unit = "{unit}", {known} }},\n'


def step(name: str, formula: str, unit: str) -> str:
    """One step."""
    return f'{{ name = "{name}", {LABEL}, formula = "{formula}", unit = "{unit}" }},\n'


MADE = given("made", 268, "t/d", "low = 100, high = 300")
FURNACES = given("furnaces", 54, "1")


def claim(more: str = "", *, inputs: str = MADE + FURNACES, steps: str = "", unit: str = "t/d", id_: str = "C1") -> str:
    """One ``[[claims]]``: what 54 furnaces make, each; a formula in ``more`` stands instead of that."""
    formula = "" if "formula =" in more else FORMULA
    listed = f"inputs = [\n{inputs}]\n" + (f"steps = [\n{steps}]\n" if steps else "")
    return f'[[claims]]\nid = "{id_}"\n{WORDS}{formula}unit = "{unit}"\n{more}{listed}'


def complex_with(folder: Path, text: str) -> Complex:
    """The starter's complex in ``folder`` with a ``claims.toml``."""
    starter.write(folder)
    (folder / "claims.toml").write_text(text, encoding="utf-8")
    return read_complex(folder)


def claim_of(folder: Path, text: str) -> Claim:
    """The one claim of a ``claims.toml``."""
    (found,) = read_claims(folder, complex_with(folder, text), KPIS).claims
    return found


def mistakes_of(folder: Path, text: str) -> list[str]:
    """What ``didymium check`` says of a ``claims.toml``."""
    return [str(mistake) for mistake in check(folder, complex_with(folder, text), KPIS)]
