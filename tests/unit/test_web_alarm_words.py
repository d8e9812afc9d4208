"""What alarms are called and when they are active, in words."""

from __future__ import annotations

from pathlib import Path

import pytest
from alarm_desk import REACTOR, complex_of

from didymium.alarms.building import read_definitions
from didymium.alarms.definitions import Definitions
from didymium.model.folder import read_complex
from didymium.model.plant import Text
from didymium.web.alarm_words import AlarmWords

KINDS = """
[[alarms]]
id = "RISING"
templates = ["T_PRECIP"]
kind = "rate"
tag = "TEMP"
window_s = 60
high = 5

[[alarms]]
id = "FALLING"
templates = ["T_PRECIP"]
kind = "rate"
tag = "LEVEL"
window_s = 60
low = -2.5

[[alarms]]
id = "OFF_SET_POINT"
templates = ["T_PRECIP"]
kind = "deviation"
tag = "FEED_PV"
limit_tag = "FEED_SP"
high = 0.5

[[alarms]]
id = "SHORT"
templates = ["T_PRECIP"]
kind = "deviation"
tag = "PREC_PV"
limit_tag = "PREC_SP"
percent = true
low = -10

[[alarms]]
id = "STOPPED"
name = { en = "Batch stopped", zh = "批次停止" }
templates = ["T_PRECIP"]
kind = "discrete"
tag = "STATE"
states = ["IDLE", "FAULT"]

[[alarms]]
id = "FAULTY"
templates = ["T_PRECIP"]
kind = "discrete"
tag = "STATE"
states = ["FAULT"]

[[alarms]]
id = "QUIET"
templates = ["T_PRECIP"]
kind = "stale"
tag = "TURB"
silence_s = 90

[[alarms]]
id = "BLIND"
templates = ["T_PRECIP"]
kind = "expression"
when = "PH1 > 7 and PH2 < 5"
"""


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> tuple[AlarmWords, Definitions]:
    folder: Path = tmp_path_factory.mktemp("words")
    complex_of(folder, KINDS)
    (folder / "labels.toml").write_text('[labels]\nIDLE = "空闲"\nPRESSED = "已按下"\n', encoding="utf-8")
    plant = read_complex(folder)
    definitions = read_definitions(folder, plant)
    return AlarmWords(plant, definitions), definitions


@pytest.mark.parametrize(
    ("alarm", "en", "zh", "unit"),
    [
        (f"{REACTOR}.TEMP/H", "≥ 60 °C", "≥ 60 °C", "°C"),
        (f"{REACTOR}.PH1/LL", "≤ 4.5 pH", "≤ 4.5 pH", "pH"),
        ("S01.COM.COM.ESTOP_ANY/HH", "= PRESSED", "= 已按下", ""),
        (f"{REACTOR}.TEMP/RISING", "rises ≥ 5 °C/min", "上升 ≥ 5 °C/min", "°C/min"),
        (f"{REACTOR}.LEVEL/FALLING", "falls ≥ 2.5 %/min", "下降 ≥ 2.5 %/min", "%/min"),
        (f"{REACTOR}.FEED_PV/OFF_SET_POINT", "≥ FEED_SP + 0.5 m³/h", "≥ FEED_SP + 0.5 m³/h", "m³/h"),
        (f"{REACTOR}.PREC_PV/SHORT", "≤ 0.9 × PREC_SP", "≤ 0.9 × PREC_SP", "m³/h"),
        (f"{REACTOR}.STATE/STOPPED", "= IDLE / FAULT", "= 空闲 / FAULT", ""),
        (f"{REACTOR}.STATE/FAULTY", "= FAULT", "= FAULT", ""),
        (f"{REACTOR}.TURB/QUIET", "no reading for 90 s", "90 s 无数据", ""),
        (f"{REACTOR}/STALE", "no reading for 15 s", "15 s 无数据", ""),
        ("S01/OFFLINE", "no reading for 10 s", "10 s 无数据", ""),
        (f"{REACTOR}.TEMP/BAD", "status is Bad", "状态为坏值", ""),
        (f"{REACTOR}/BLIND", "PH1 > 7 and PH2 < 5", "PH1 > 7 and PH2 < 5", ""),
    ],
)
def test_when_an_alarm_is_active(
    words: tuple[AlarmWords, Definitions], alarm: str, en: str, zh: str, unit: str
) -> None:
    says, definitions = words
    row = definitions.row_of[alarm]
    assert says.condition(row) == Text(en, zh)
    assert says.unit_of_measure(row) == unit


@pytest.mark.parametrize(
    ("alarm", "name"),
    [
        (f"{REACTOR}.PH2/H", Text("Slurry pH, probe 2", "料浆 pH，2号电极")),
        (f"{REACTOR}.STATE/STOPPED", Text("Batch stopped", "批次停止")),
        (f"{REACTOR}.STATE/FAULTY", Text("Batch step", "批次步骤")),
        (f"{REACTOR}/STALE", Text("Points are silent", "测点无数据")),
        ("S02/OFFLINE", Text("Site is off-line", "厂区离线")),
        (f"{REACTOR}/BLIND", Text("BLIND", "BLIND")),
    ],
)
def test_what_an_alarm_is_called(words: tuple[AlarmWords, Definitions], alarm: str, name: Text) -> None:
    says, definitions = words
    assert says.name(definitions.row_of[alarm]) == name


@pytest.mark.parametrize(
    ("alarm", "signal", "measured"),
    [
        (f"{REACTOR}.TEMP/H", f"{REACTOR}.TEMP", True),
        (f"{REACTOR}.TEMP/RISING", "rate(TEMP, 60)", True),
        (f"{REACTOR}.STATE/STOPPED", "STATE in ('IDLE', 'FAULT',)", False),
        (f"{REACTOR}/BLIND", "PH1 > 7 and PH2 < 5", False),
        (f"{REACTOR}.TEMP/BAD", f"{REACTOR}.TEMP", False),
        (f"{REACTOR}/STALE", "", False),
    ],
)
def test_what_it_looks_at(words: tuple[AlarmWords, Definitions], alarm: str, signal: str, measured: bool) -> None:
    says, definitions = words
    row = definitions.row_of[alarm]
    assert (says.signal(row), says.measured(row)) == (signal, measured)
