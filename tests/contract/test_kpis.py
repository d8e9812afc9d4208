"""KPIs over a real historian and real records: closed windows, late data, corrections, restarts, and the API."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import numpy as np
import pytest

from didymium.historian import Position
from didymium.historian.store import Historian
from didymium.kpi.board import TRIES
from didymium.kpi.building import read_kpis
from didymium.kpi.windows import Asked, Window
from didymium.live.ledger import Ledger
from didymium.model.plant import Complex, Protocol
from didymium.model.readings import Readings
from didymium.records.kpis import Versions
from didymium.records.store import Records
from didymium.service.kpis import KIND, KeyFigures
from tests.served import Served, served
from tests.trial import complex_of

HOUR_US, MINUTE_US, SECOND_US = 3_600_000_000, 60_000_000, 1_000_000
T0 = 1_768_464_000_000_000
"""16:00 in Shanghai: an evening shift begins, a whole hour."""
SHIFT = T0 + 8 * HOUR_US
UNIT = "S01.A1.U1"
WORDS = (
    'name = { en = "E", zh = "电" }\ndescription = { en = "e", zh = "电" }\ngroup = "energy"\norigin = "assumed"\n'
    'source = "example"\n'
)
KPIS = (
    f'[[kpis]]\nid = "energy"\n{WORDS}per = "unit"\ntemplates = ["TRIAL"]\nformula = "integral(T0)"\nunit = "kWh"\n'
    f'[[kpis]]\nid = "site_energy"\n{WORDS}per = "site"\nformula = "total(energy) * k"\nunit = "MWh"\ndecimals = 3\n'
    'plan = 2.4\namount = true\n[[kpis.constants]]\nname = "k"\nvalue = 2\nunit = "1"\n'
    f'[[kpis]]\nid = "day_mean"\n{WORDS}per = "site"\nformula = "mean(\'U1.T1\')"\nunit = "kW"\nminimum_h = 24\n'
    "high = 5\n"
)


class Centre:
    """What a centre has of KPIs: a historian, records, and the figures, with a clock of its own."""

    def __init__(self, folder: Path, now_us: int) -> None:
        self.now_us = now_us
        self.plant: Complex = complex_of(Protocol.MODBUS, "modbus://127.0.0.1:1", {}, ["x"] * 3)[0]
        (folder / "kpis.toml").write_text(KPIS, encoding="utf-8")
        self.kpis = read_kpis(folder, self.plant)
        self.records = Records.open(f"sqlite:///{folder / 'records.sqlite'}")
        self.historian = Historian.open(f"chdb://{folder / 'store'}", complex=self.plant)
        self.ids = self.historian.ids
        ledger = Ledger(self.plant, self.ids, started_us=now_us)
        self.figures = KeyFigures(
            self.plant, self.ids, self.kpis, self.records, self.historian, ledger, now_us=lambda: self.now_us
        )
        self.figures.prepare()
        self._seq = 10 * (now_us - T0) // MINUTE_US

    def readings(self, from_us: int, to_us: int, value: float = 60.0, every_s: int = 10) -> Readings:
        """A reading of each tag every so often."""
        time_us = np.arange(from_us, to_us, every_s * SECOND_US)
        n = len(time_us)
        return Readings.of(np.repeat(self.ids.ids, n), np.tile(time_us, 3), np.full(3 * n, value))

    def store(self, readings: Readings) -> None:
        """Put readings into the historian alone."""
        self._seq += 1
        self.historian.write(readings, Position("e1", self._seq, self._seq))

    def comes(self, readings: Readings) -> None:
        """Let readings come in as from an edge, when the newest of them was taken."""
        self.now_us = max(self.now_us, int(readings.time_us.max()))
        self.figures.take(readings)
        self.store(readings)

    def kept(self, kpi: str, scope: str, start_us: int, end_us: int) -> Versions:
        return self.records.kpis.versions(kpi, scope, start_us, end_us)

    def close(self) -> None:
        self.historian.close()
        self.records.close()


@contextmanager
def centre(folder: Path, now_us: int) -> Iterator[Centre]:
    one = Centre(folder, now_us)
    try:
        yield one
    finally:
        one.close()


def test_windows_are_kept_when_they_close_and_a_restart_changes_nothing(tmp_path: Path) -> None:
    with centre(tmp_path, T0 + 2 * HOUR_US) as one:
        one.store(one.readings(T0 - HOUR_US, T0 + 2 * HOUR_US))
        assert one.figures.fill()
        one.comes(one.readings(T0 + 2 * HOUR_US, SHIFT + 5 * MINUTE_US))
        one.now_us = SHIFT + 5 * MINUTE_US
        one.figures.look()
        shift, hour = one.kept("energy", UNIT, T0, SHIFT), one.kept("site_energy", "S01", T0, T0 + HOUR_US)
        assert shift.values.value.tolist() == pytest.approx([8 * 60.0])
        assert hour.values.value.tolist() == pytest.approx([0.12])
        assert len(one.kept("energy", UNIT, T0, T0 + HOUR_US).version) == 0, "of units there are no hours"
        assert len(one.kept("site_energy", "S01", SHIFT, SHIFT + HOUR_US).version) == 0, "it is not over"
    with centre(tmp_path, SHIFT + 7 * MINUTE_US) as again:
        assert again.figures.fill()
        again.now_us += 5 * MINUTE_US
        again.figures.look()
        same = again.kept("energy", UNIT, T0, SHIFT), again.kept("site_energy", "S01", T0, T0 + HOUR_US)
        for before, now in zip((shift, hour), same, strict=True):
            assert now.version.tolist() == [1]
            assert now.values.inputs == before.values.inputs
            assert now.values.value.tobytes() == before.values.value.tobytes()


def test_late_readings_make_a_new_version_of_what_they_lie_in(tmp_path: Path) -> None:
    with centre(tmp_path, T0) as one:
        one.figures.fill()
        whole = one.readings(T0, T0 + 3 * HOUR_US)
        late = (whole.time_us >= T0 + 30 * MINUTE_US) & (whole.time_us < T0 + 40 * MINUTE_US)
        one.comes(whole.take(~late))
        one.now_us = T0 + 3 * HOUR_US + 3 * MINUTE_US
        one.figures.look()
        ends = (T0, T0 + HOUR_US)
        # a value holds five minutes at most, and the reading after the gap brings nothing: 50 min of 60
        assert one.kept("site_energy", "S01", *ends).values.value.tolist() == pytest.approx([2 * 0.050], abs=1e-3)
        one.comes(whole.take(late))
        one.now_us += 4 * MINUTE_US
        one.figures.look()
        kept = one.kept("site_energy", "S01", *ends)
        assert kept.version.tolist() == [1, 2]
        assert kept.values.value[-1] == pytest.approx(0.120, abs=1e-3)
        assert len(set(kept.values.inputs)) == 2
        assert one.kept("site_energy", "S01", T0 + HOUR_US, T0 + 2 * HOUR_US).version.tolist() == [1]


def test_late_readings_end_as_if_they_had_come_in_time(tmp_path: Path) -> None:
    found = []
    for order in ("in time", "shuffled"):
        (tmp_path / order).mkdir()
        with centre(tmp_path / order, T0) as one:
            one.figures.fill()
            whole = one.readings(T0, T0 + 2 * HOUR_US)
            whole.value[:] = np.random.default_rng(3).normal(60.0, 10.0, len(whole))
            rows = np.argsort(whole.time_us, kind="stable")
            if order == "shuffled":
                rows = np.argsort(whole.time_us + np.random.default_rng(4).integers(0, 20 * MINUTE_US, len(whole)))
            for part in np.array_split(rows, 40):
                one.comes(whole.take(part))
            one.now_us = T0 + 2 * HOUR_US + 10 * MINUTE_US
            one.figures.look()
            found.append(one.kept("site_energy", "S01", T0, T0 + HOUR_US).values)
    assert found[0].value.tobytes() == found[1].value.tobytes()
    assert found[0].inputs == found[1].inputs


def test_a_clock_that_is_minutes_ahead_counts_and_one_that_is_a_year_ahead_does_not(tmp_path: Path) -> None:
    with centre(tmp_path, T0) as one:
        one.figures.fill()
        whole = one.readings(T0, T0 + 65 * MINUTE_US)
        for minute in range(65):
            one.now_us = T0 + (minute - 5) * MINUTE_US
            one.figures.take(whole.take(whole.time_us // MINUTE_US == T0 // MINUTE_US + minute))
        one.figures.take(one.readings(T0 + 365 * 24 * HOUR_US, T0 + 365 * 24 * HOUR_US + MINUTE_US))
        one.now_us = T0 + 63 * MINUTE_US
        one.figures.look()
        kept = one.kept("site_energy", "S01", T0, T0 + HOUR_US)
        assert kept.values.value.tolist() == pytest.approx([0.12], rel=1e-2)


def test_a_correction_makes_a_new_version(tmp_path: Path) -> None:
    with centre(tmp_path, T0) as one:
        one.figures.fill()
        one.comes(one.readings(T0, T0 + 90 * MINUTE_US))
        one.now_us = T0 + 95 * MINUTE_US
        one.figures.look()
        wrong = one.readings(T0 + 10 * MINUTE_US, T0 + 20 * MINUTE_US, 120.0).take(slice(0, 60))
        one.historian.correct(wrong, "replace", "night shift", "meter was off")
        one.figures.touch(wrong)
        one.figures.look()
        kept = one.kept("site_energy", "S01", T0, T0 + HOUR_US)
        assert kept.version.tolist() == [1, 2]
        assert kept.values.value[1] - kept.values.value[0] == pytest.approx(2 * 0.010, abs=1e-9)


def test_history_of_days_ago_is_reckoned_day_by_day(tmp_path: Path) -> None:
    with centre(tmp_path, T0 + 2 * HOUR_US) as one:
        one.figures.fill()
        one.comes(one.readings(T0, T0 + 2 * HOUR_US))
        old_us = T0 - 5 * 24 * HOUR_US
        old = one.readings(old_us, old_us + 8 * HOUR_US)
        one.historian.import_history(old, "old")
        one.figures.take(old)
        one.now_us += 5 * MINUTE_US
        for _ in range(8):
            one.figures.look()
        assert one.kept("energy", UNIT, old_us, old_us + 8 * HOUR_US).values.value.tolist() == pytest.approx(
            [480.0], rel=1e-3
        )
        assert len(one.kept("energy", UNIT, old_us - 8 * HOUR_US, old_us).version) == 0


def test_history_that_comes_before_anything_else_is_reckoned_too(tmp_path: Path) -> None:
    with centre(tmp_path, T0) as one:
        one.figures.fill()
        old_us = T0 - 3 * 24 * HOUR_US
        old = one.readings(old_us, old_us + 8 * HOUR_US)
        one.historian.import_history(old, "old")
        one.figures.take(old)
        one.now_us += 5 * MINUTE_US
        for _ in range(5):
            one.figures.look()
        kept = one.kept("energy", UNIT, old_us, old_us + 8 * HOUR_US)
        assert kept.values.value.tolist() == pytest.approx([480.0], rel=1e-3)
        assert kept.version.tolist() == [1]


def test_what_the_historian_does_not_have_yet_is_not_forgotten(tmp_path: Path) -> None:
    with centre(tmp_path, T0) as one:
        one.figures.fill()
        readings = one.readings(T0, T0 + 90 * MINUTE_US)
        one.now_us = T0 + 90 * MINUTE_US
        one.figures.take(readings)
        one.figures.take(readings.take(slice(0, 1)))  # a repeat: its minute is to be folded anew
        one.now_us = T0 + 95 * MINUTE_US
        for _ in range(TRIES - 1):
            one.figures.look()
        assert one.kept("site_energy", "S01", T0, T0 + HOUR_US).values.value.tolist() == pytest.approx([0.12], abs=1e-3)


def test_a_tag_that_comes_back_minutes_after_a_restart_goes_on_from_what_it_said_before(tmp_path: Path) -> None:
    with centre(tmp_path, T0 + HOUR_US) as one:
        one.store(one.readings(T0, T0 + HOUR_US))
        assert one.figures.fill()
        one.now_us = T0 + HOUR_US + 3 * MINUTE_US
        one.figures.look()
        back_us = one.now_us + 30 * SECOND_US
        one.comes(one.readings(back_us, back_us + 6 * MINUTE_US))
        one.figures.look()
        asked, window = frozenset({"energy"}), Window(T0, T0 + HOUR_US + 5 * MINUTE_US, HOUR_US)
        found, stored = (one.figures.values(asked, window, anew=anew)["energy"] for anew in (False, True))
        assert stored.value.tolist() == pytest.approx([65.0 - 10 / 60], rel=1e-9), "60 kW held over the silence"
        assert found.value.tobytes() == stored.value.tobytes()


def test_a_definition_that_changed_has_a_new_version(tmp_path: Path) -> None:
    with centre(tmp_path, T0) as one:
        assert [v.version for v in one.records.definitions.versions(KIND, "energy")] == [1]
    changed = KPIS.replace("integral(T0)", "integral(T1)")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(globals(), "KPIS", changed)
        with centre(tmp_path, T0) as one:
            assert [v.version for v in one.records.definitions.versions(KIND, "energy")] == [1, 2]
            assert [v.version for v in one.records.definitions.versions(KIND, "day_mean")] == [1]


def test_a_page_says_what_stands_and_what_will_be(tmp_path: Path) -> None:
    with centre(tmp_path, T0) as one:
        one.store(one.readings(T0 - 30 * HOUR_US, T0, every_s=1))  # of the day before, the last eight of eighteen hours
        one.figures.fill()
        one.comes(one.readings(T0, T0 + 2 * HOUR_US, every_s=1))
        one.now_us = T0 + 2 * HOUR_US
        page = one.figures.page(Asked.DAY)
        day = page.values["site_energy"]
        assert day.value.tolist() == pytest.approx([18 * 0.12], rel=1e-3)
        assert page.before["site_energy"].value.tolist() == pytest.approx([8 * 0.12], rel=1e-3)
        assert page.forecasts["site_energy"].value.tolist() == pytest.approx([24 * 0.12], rel=1e-3)
        longer = one.figures.page(Asked.NOW).values["day_mean"]
        assert (longer.to_us - longer.from_us) // HOUR_US == 24
        assert longer.value.tolist() == [60.0]
        assert one.figures.page(Asked.DAY) is page, "a second has not passed"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Two hours of 60 kW until five past six in the evening in Shanghai, both hours closed."""
    folder = tmp_path_factory.mktemp("served")
    (folder / "kpis.toml").write_text(KPIS, encoding="utf-8")
    clock = [T0 + 120 * MINUTE_US]
    with served(folder, tags=3, now_us=lambda: clock[0]) as one:
        ids = one.historian.ids.ids
        time_us = np.arange(T0, T0 + 125 * MINUTE_US, 10 * SECOND_US)
        n = len(time_us)
        readings = Readings.of(np.repeat(ids, n), np.tile(time_us, 3), np.full(3 * n, 60.0))
        one.historian.write(readings, Position("e1", 1, 1))
        figures: Any = one.desk.kpis
        figures.fill()
        clock[0] = T0 + 125 * MINUTE_US
        figures.take(readings.take(readings.time_us >= T0 + 120 * MINUTE_US))
        figures.look()
        yield one


def asked(server: Served, what: str, **query: object) -> Any:
    with urlopen(f"{server.address}/api/{what}?{urlencode(query)}", timeout=60) as answer:
        return json.load(answer)


def test_the_page_of_a_scope(server: Served) -> None:
    answer = asked(server, "kpis", window="shift")
    assert answer["window"] == {"name": "shift", "from_us": T0, "to_us": T0 + 125 * MINUTE_US}
    rows = {row["id"]: row for row in answer["kpis"]}
    assert set(rows) == {"site_energy", "day_mean"}
    energy = rows["site_energy"]
    assert energy["value"] == pytest.approx(2 * 0.125, rel=2e-3)
    assert (energy["unit"], energy["scope"], energy["plan"]) == ("MWh", "S01", pytest.approx(0.8))
    assert energy["complete"] == pytest.approx(0.1, abs=0.001), "a reading every ten seconds, of one a second"
    assert (energy["verdict"], energy["why"], energy["target"]) == ("unknown", None, None)
    assert rows["day_mean"]["target"] == {"low": None, "high": 5.0}
    deep = asked(server, "kpis", scope="S01", depth="unit", window="now")["kpis"]
    assert [row["scope"] for row in deep] == [UNIT, "S01", "S01"]
    assert [row["id"] for row in asked(server, "kpis", scope=UNIT)["kpis"]] == ["energy"]


def test_a_proof_names_the_tags_and_counts_their_readings(server: Served) -> None:
    proof = asked(server, "kpis/proof", kpi="site_energy", scope="S01", from_us=T0, to_us=T0 + HOUR_US)
    assert proof["formula"] == "total(energy) * k"
    used, constant = proof["inputs"]
    assert (used["text"], used["tags"], used["readings"]) == ("total(energy)", [f"{UNIT}.T0"], 360)
    assert (constant["name"], constant["value"], constant["unit"]) == ("k", 2.0, "")
    assert [each["value"] for each in proof["versions"]] == [proof["value"]]
    assert proof["versions"][0]["digest"] == proof["digest"]
    own = asked(server, "kpis/proof", kpi="energy", scope=UNIT, from_us=T0, to_us=T0 + HOUR_US)["inputs"][0]
    assert (own["text"], own["unit"], own["value"]) == ("integral(T0)", "kWh", pytest.approx(60.0, rel=1e-2))


def test_a_proof_of_the_past_is_read_from_the_historian(server: Served) -> None:
    days_ago = T0 - 30 * 24 * HOUR_US
    proof = asked(server, "kpis/proof", kpi="energy", scope=UNIT, from_us=days_ago, to_us=days_ago + HOUR_US)
    assert (proof["value"], proof["inputs"][0]["readings"]) == (None, 0)


def test_the_series_of_closed_windows(server: Served) -> None:
    series = asked(
        server, "kpis/series", kpi="site_energy", scope="S01", from_us=T0, to_us=T0 + 8 * HOUR_US, every="hour"
    )
    assert (series["start_us"], series["version"]) == ([T0, T0 + HOUR_US], [1, 1])
    assert series["value"] == pytest.approx([0.12, 0.12], rel=1e-2)
    assert asked(server, "kpis/series", kpi="site_energy", scope="S01", from_us=T0, to_us=SHIFT)["value"] == []


@pytest.mark.parametrize(
    ("what", "query", "code", "words"),
    [
        ("kpis", {"scope": "S02"}, 404, "'S01'"),
        ("kpis", {"scope": "S01.A1.U2"}, 404, UNIT),
        ("kpis", {"window": "week"}, 400, "now, shift, day, yesterday"),
        ("kpis", {"depth": "tag"}, 400, "site, unit"),
        ("kpis/proof", {"kpi": "enrgy", "scope": UNIT, "from_us": T0, "to_us": SHIFT}, 404, "'energy'"),
        ("kpis/proof", {"kpi": "energy", "scope": "S01", "from_us": T0, "to_us": SHIFT}, 404, UNIT),
        ("kpis/proof", {"kpi": "energy", "scope": UNIT, "from_us": SHIFT, "to_us": T0}, 400, "runs backwards"),
        ("kpis/proof", {"kpi": "energy", "scope": UNIT, "from_us": T0, "to_us": T0 + 9 * 10**11}, 400, "49 h"),
        ("kpis/series", {"kpi": "energy", "scope": UNIT, "from_us": T0, "to_us": SHIFT, "every": "week"}, 400, "hour"),
    ],
)
def test_what_cannot_be_answered_is_refused_in_words(
    server: Served, what: str, query: dict[str, object], code: int, words: str
) -> None:
    with pytest.raises(HTTPError) as refused:
        asked(server, what, **query)
    with refused.value as error:
        assert error.code == code
        assert words in json.load(error)["detail"]


def test_a_correction_over_the_api_reaches_the_figures(server: Served) -> None:
    content = {
        "kind": "replace", "who": "night shift", "why": "meter was off",
        "values": [{"tag": f"{UNIT}.T0", "time_us": T0 + 70 * MINUTE_US, "value": 420.0}],
    }  # fmt: skip
    request = Request(f"{server.address}/api/corrections", json.dumps(content).encode())
    request.add_header("Content-Type", "application/json")
    with urlopen(request, timeout=60):
        pass
    figures: Any = server.desk.kpis
    figures.look()
    series = asked(server, "kpis/series", kpi="site_energy", scope="S01", from_us=T0, to_us=SHIFT, every="hour")
    assert series["version"] == [1, 2]
    assert series["value"][1] == pytest.approx(2 * (0.060 + 0.001))  # 360 kW more for ten seconds


def test_what_is_reckoned_anew_from_stored_rows_is_the_same_to_the_last_bit(server: Served) -> None:
    asked_us = {"from_us": T0, "to_us": T0 + 125 * MINUTE_US}
    proof = asked(server, "kpis/proof", kpi="site_energy", scope="S01", **asked_us, anew="true")
    assert proof["to_us"] == T0 + 122 * MINUTE_US, "what is younger than three minutes may not be stored yet"
    assert (proof["anew"]["bits"], proof["anew"]["digest"]) == (proof["bits"], proof["digest"])
    assert float.fromhex(proof["bits"]) == proof["value"] == proof["anew"]["value"]
    assert asked(server, "kpis/proof", kpi="site_energy", scope="S01", **asked_us)["anew"] is None


def test_a_row_that_is_stored_and_was_not_reckoned_with_is_seen_when_it_is_reckoned_anew(server: Served) -> None:
    late = Readings.of(server.historian.ids.ids[:1], np.array([T0 + 61 * MINUTE_US + 1]), np.array([600.0]))
    server.historian.write(late, Position("e1", 2, 2))
    window = {"from_us": T0 + HOUR_US, "to_us": T0 + 2 * HOUR_US}
    proof = asked(server, "kpis/proof", kpi="energy", scope=UNIT, **window, anew="true")
    assert proof["anew"]["bits"] != proof["bits"] and proof["anew"]["digest"] != proof["digest"]
    assert proof["anew"]["value"] > proof["value"]
