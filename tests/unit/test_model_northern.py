"""The Northern complex has the sites, templates and tags of its published description."""

import fnmatch
from pathlib import Path

import numpy as np
import pytest

from didymium.model.folder import read_complex
from didymium.model.plant import Complex, Kind, Method, Origin, Protocol
from didymium.model.search import matching_rows

NORTHERN = Path(__file__).parents[2] / "complexes" / "northern"

SITE_TAGS = (
    {"S01": 1370, "S02": 450, "S03": 2800, "S04": 1526, "S05": 3800, "S06": 560, "S07": 360, "S08": 480, "S09": 320}
    | {"S10": 3000, "S11": 130, "S12": 370, "S13": 300, "S14": 480, "S15": 440, "S16": 360, "S17": 420, "S18": 260}
    | {"S19": 340, "S20": 240, "S21": 200, "S22": 300, "S23": 281, "S24": 160}
)
UNIT_TAGS = (
    {"T_AGV": 26, "T_PRECIP": 22, "T_FILT": 14, "T_CALC": 60, "T_PACK": 20, "T_KILN70": 186, "T_ROBOT": 42, "T_CONV": 4}
    | {"T_CELL": 34, "T_FEED": 10, "T_RECT": 18, "T_SCRUB": 22, "T_MARK": 12, "T_SC": 62, "T_CWSTN": 20, "T_ARREC": 16}
    | {"T_BATCH": 15, "T_PKG": 12, "T_VIM": 48, "T_ANN": 20, "T_MILL": 16, "T_PCT": 14, "T_STN": 18, "T_EOL": 36}
    | {
        "T_PRE": 60,
        "T_UF": 14,
        "T_RO": 24,
        "T_MVR": 48,
        "T_CRYS": 24,
        "T_TANK": 6,
        "T_WB": 10,
        "T_BAY": 5,
        "T_ASRS": 30,
    }
    | {"T_DOCK": 5, "T_DRY": 40, "T_SILO": 8, "T_RKILN": 72, "T_OFFGAS": 36, "T_RAD": 8, "T_SXSTG": 4, "T_SXCIR": 14}
    | {"T_HD": 40, "T_SINT": 34, "T_SUBST": 24, "T_H2STN": 15, "T_AQM": 12}
)


@pytest.fixture(scope="module")
def northern() -> Complex:
    return read_complex(NORTHERN)


def test_every_site_has_its_tags_and_all_are_18947(northern: Complex) -> None:
    assert {site.id: site.count for site in northern.sites} == SITE_TAGS
    assert len(northern.tags) == 18_947
    assert len(northern.tags) * 86_400 == 1_637_020_800


def test_there_are_47_templates_of_the_stated_sizes(northern: Complex) -> None:
    assert len(northern.templates) == 47
    sizes = {unit.template: unit.count for unit in northern.units if unit.template != "COM"}
    assert sizes == UNIT_TAGS


def test_assumed_sites_hold_4281_tags(northern: Complex) -> None:
    assumed = sum(site.count for site in northern.sites if site.origin is Origin.ASSUMED)
    assert (assumed, len(northern.tags) - assumed) == (4_281, 14_666)


def test_tags_stand_in_the_order_of_sites_areas_and_units(northern: Complex) -> None:
    tags = northern.tags
    assert len(set(tags.path)) == len(tags)
    at = 0
    for site in northern.sites:
        assert site.first == at
        for area in site.areas:
            for unit in area.units:
                assert unit.first == at
                assert tags.path[at] == f"{unit.path}.{tags.name[at]}"
                assert northern.units[tags.unit[at]] == unit
                at += unit.count
    assert at == len(tags)


def test_an_area_is_a_device_of_at_most_600_tags(northern: Complex) -> None:
    largest = max(sum(unit.count for unit in area.units) for site in northern.sites for area in site.areas)
    assert largest <= 600


def test_addresses_follow_the_protocol_and_are_unique_in_a_site(northern: Complex) -> None:
    address = dict(zip(northern.tags.path, northern.tags.address, strict=True))
    assert address["S03.PL5.CELL041.VOLT_PV"] == "PL5/CELL041/VOLT_PV"
    assert address["S10.PL5.CELL041.VOLT_PV"] == "ns=2;s=PL5.CELL041.VOLT_PV"
    assert address["S08.PRE.PRE001.EQ2_LVL"] == "1:hr:2"
    assert address["S02.ROBOT.ROBOT001.J1_POS"] == "DB2.0:REAL"
    for site in northern.sites:
        own = northern.tags.address[site.rows]
        assert "" not in own
        assert len(set(own)) == len(own)


def test_four_protocols_are_spoken(northern: Complex) -> None:
    protocol = {site.id: site.connection.protocol for site in northern.sites}
    other = {"S02": Protocol.S7, "S08": Protocol.MODBUS, "S10": Protocol.OPCUA, "S23": Protocol.MODBUS}
    assert protocol == {site: other.get(site, Protocol.SPARKPLUG) for site in SITE_TAGS}
    assert northern.site_of["S03"].connection.endpoint == "mqtt://127.0.0.1:8612"


def test_units_and_tags_are_described_in_both_languages(northern: Complex) -> None:
    assert northern.unit_of["S03.PL5.CELL041"].name.zh == "41号电解槽"
    row = northern.tags.row_of["S01.CALC.CALC002.Z3_T1"]
    assert northern.tags.description[row].en == "Zone 3 control thermocouple"
    assert northern.tags.description[row].zh == "3区控温热电偶"
    for text in northern.tags.description:
        assert text.en and text.zh and "{" not in text.en + text.zh


def test_alarm_limits_of_8_ka_cells_are_their_own(northern: Complex) -> None:
    tags = northern.tags
    limits = {path: tags.h[tags.row_of[path]] for path in ("S03.PL1.CELL001.CUR_PV", "S04.PL1.CELL001.CUR_PV")}
    assert limits == {"S03.PL1.CELL001.CUR_PV": 14.6, "S04.PL1.CELL001.CUR_PV": 8.4}


def test_every_value_of_a_counter_survives_a_32_bit_float(northern: Complex) -> None:
    tags = northern.tags
    counters = np.array([kind is Kind.COUNTER for kind in tags.kind])
    assert np.all(tags.high[counters] * tags.scale[counters] < 2**24)


def test_published_figures_have_their_plans(northern: Complex) -> None:
    plans = {headline.id: headline.plan for headline in northern.headlines if headline.origin is Origin.PUBLISHED}
    assert sorted(plans.values()) == sorted([38, 76, 40, 18, 32, 864, 268, 520, 500, 30])


def test_amounts_summed_from_changes_come_from_tags_without_noise(northern: Complex) -> None:
    for amount in (*northern.flows, *northern.headlines):
        for pattern in amount.tags:
            rows = matching_rows(pattern, northern.tags, northern.sites)
            assert len(rows) == len(fnmatch.filter(northern.tags.path, pattern)) > 0
            if amount.method is Method.SUM_OF_CHANGES:
                assert {northern.tags.template_tag[row].noise_sigma for row in rows} == {0.0}, pattern
