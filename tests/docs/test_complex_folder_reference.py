"""The reference of the complex folder names every file, key and column that the reader accepts."""

import re
from pathlib import Path

import pytest

from didymium.alarms import entries, notice_rules, targets
from didymium.balance import entries as balance_entries
from didymium.balance import verdict_entries
from didymium.balance.legs import Compared
from didymium.balance.sheets import Quantity
from didymium.energy import entries as energy_entries
from didymium.evidence import definitions as evidence
from didymium.evidence import entries as claim_entries
from didymium.kpi import entries as kpi_entries
from didymium.kpi.formula import CALLED
from didymium.model import (
    addresses,
    connections,
    flows,
    folder,
    labels,
    limits,
    mimics,
    shifts,
    sites,
    templates,
    unit_pages,
)
from didymium.model.drawings import MimicKind
from didymium.model.plant import Kind, Method, Origin, Protocol
from didymium.twin import particulars, scenario

PROJECT = Path(__file__).parents[2]
PAGE = (PROJECT / "docs" / "reference" / "complex-folder.md").read_text("utf-8")

ACCEPTED = {
    "complex.toml": [*folder.COMPLEX_KEYS, *shifts.SHIFT_KEYS],
    "templates/<template>.csv": [*templates.COLUMNS, *Kind],
    "sites/<site>.toml": [*sites.SITE_KEYS, *sites.AREA_KEYS, *sites.UNIT_KEYS, *Origin],
    "connections.toml": [
        "protocol",
        "endpoint",
        *Protocol,
        *(key for keys in connections.OPTIONS.values() for key in keys),
    ],
    "addresses/<site>.csv": list(addresses.COLUMNS),
    "limits/<site>.csv": list(limits.COLUMNS),
    "flows.toml": [*flows.FLOW_KEYS, *Method],
    "headlines.toml": list(flows.HEADLINE_KEYS),
    "alarms.toml": [
        "defaults",
        "targets",
        *targets.KEYS,
        *entries.TABLES,
        *entries.DEFAULT_KEYS,
        *entries.CLASS_KEYS,
        *entries.POSITION_KEYS,
        *entries.LIMIT_KEYS,
        *entries.ALARM_KEYS,
        *entries.INTERLOCK_KEYS,
        *entries.BOOK_KEYS,
        *entries.SAYS,
        *entries.PRIORITIES,
    ],
    "kpis.toml": [
        *kpi_entries.KPI_KEYS,
        *kpi_entries.CONSTANT_KEYS,
        *kpi_entries.PLAN_KEYS,
        *kpi_entries.GROUPS,
        *kpi_entries.Per,
        *kpi_entries.Source,
    ],
    "claims.toml": [
        *claim_entries.CLAIM_KEYS,
        *claim_entries.INPUT_KEYS,
        *claim_entries.STEP_KEYS,
        *claim_entries.LIVE_KEYS,
        *evidence.Source,
        *evidence.Kind,
    ],
    "notifications.toml": [
        *notice_rules.TABLES,
        *notice_rules.RULE_KEYS,
        *notice_rules.REPORT_KEYS,
        *notice_rules.LANGUAGES,
    ],
    "scenarios/<scenario>.toml": [*scenario.SCENARIO_KEYS, *scenario.EVENT_KEYS],
    "balances.toml": [
        *balance_entries.SHEET_KEYS,
        *balance_entries.NODE_KEYS,
        *balance_entries.STREAM_KEYS,
        *verdict_entries.VERDICT_KEYS,
        *verdict_entries.LEG_KEYS,
        *verdict_entries.FIGURE_KEYS,
        Compared.EVERY_DAY,
        Compared.CHANGE,
        *kpi_entries.CONSTANT_KEYS,
        *Quantity,
    ],
    "energy.toml": [
        *energy_entries.FILE_KEYS,
        *energy_entries.CONTRACT_KEYS,
        *energy_entries.FIGURE_KEYS,
        *energy_entries.PROCESS_KEYS,
        *energy_entries.STEP_KEYS,
    ],
    "labels.toml": [*labels.TABLES, *labels.OF_KEYS],
    "mimics.toml": [
        *mimics.COMMON,
        *MimicKind,
        *(key for roles in mimics.ROLES.values() for key in roles),
        *mimics.BESIDE,
        *mimics.PARTNER,
    ],
    "units.toml": [*unit_pages.UNIT_KEYS, *unit_pages.LOT_KEYS, *unit_pages.UPKEEP_KEYS],
    "twin.toml": [*particulars.TABLES, *(key for keys in particulars.TABLES.values() for key in keys)],
}


def section(file: str) -> str:
    """The text under the heading of a file."""
    return PAGE.split(f"\n## `{file}`\n")[1].split("\n## ")[0]


@pytest.mark.parametrize("file", ACCEPTED)
def test_every_key_and_column_is_documented(file: str) -> None:
    documented = set(re.findall(r"`([a-z0-9_]+)`", section(file)))
    assert {str(key) for key in ACCEPTED[file]} - documented == set()


@pytest.mark.parametrize("file", [file for file in ACCEPTED if file.endswith(".csv")])
def test_no_column_is_documented_that_is_not_accepted(file: str) -> None:
    rows = re.findall(r"^\| (`.+?`) \|", section(file), re.MULTILINE)
    documented = {column for cell in rows for column in re.findall(r"`(\w+)`", cell)}
    assert documented - {str(key) for key in ACCEPTED[file]} - {str(protocol) for protocol in Protocol} == set()


@pytest.mark.parametrize("file", [file for file in ACCEPTED if file.endswith(".toml")])
def test_no_key_is_documented_that_is_not_accepted(file: str) -> None:
    rows = re.findall(r"^\| (`.+?`) \|", section(file), re.MULTILINE)
    documented = {key for cell in rows for key in re.findall(r"`(\w+)`", cell)}
    assert documented - {str(key) for key in ACCEPTED[file]} - {"n"} == set()


def test_every_function_of_kpi_formulas_is_documented() -> None:
    assert {name for name in CALLED if f"`{name}(" not in section("kpis.toml")} == set()


def test_shipped_folders_hold_only_documented_files() -> None:
    for shipped in (Path("complexes/northern"), Path("didymium/model/starter/folder")):
        for path in (PROJECT / shipped).rglob("*"):
            if path.is_file():
                parts = path.relative_to(PROJECT / shipped).parts
                named = parts[0] if len(parts) == 1 else f"{parts[0]}/<"
                assert f"`{named}" in PAGE, path


def test_every_option_that_a_connector_asks_for_is_accepted_by_the_reader() -> None:
    asked: set[str] = set()
    for path in (PROJECT / "didymium" / "acquire").rglob("*.py"):
        asked.update(re.findall(r'options\.(?:text|number|table|file)\(\s*"(\w+)"', path.read_text("utf-8")))
    assert asked
    assert asked - {key for keys in connections.OPTIONS.values() for key in keys} == set()
