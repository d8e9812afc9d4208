"""Every mistake in a complex folder is named at once: file, row, column, what was read and the nearest valid word."""

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from didymium.model import starter
from didymium.model.folder import check, read_complex
from didymium.model.mistakes import BadComplex, Mistake

NORTHERN = Path(__file__).parents[2] / "complexes" / "northern"

Edit = tuple[str, str, str]
"""File, what stands there, what is written instead."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    starter.write(tmp_path / "mine")
    return tmp_path / "mine"


def plant(folder: Path, edit: Edit) -> None:
    file, before, after = edit
    text = (folder / file).read_text("utf-8")
    assert before in text, f"{file} has no {before!r}"
    (folder / file).write_text(text.replace(before, after, 1), "utf-8")


def row_of(folder: Path, file: str, said: str) -> int:
    lines = (folder / file).read_text("utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if said in line)


# the edit, and the mistake that it makes: the text that marks its row (None: the whole file), column, read, hint
ONE_MISTAKE: dict[str, tuple[Edit, str | None, str, str, str]] = {
    "column misspelt": (
        ("templates/T_TANK.csv", ",hh,", ",hhh,"), "name,kind", "hhh", "hhh", "nearest valid word is 'hh'"
    ),
    "kind unknown": (
        ("templates/T_TANK.csv", "TEMP,analog", "TEMP,analogue"), "TEMP,", "kind", "analogue", "word is 'analog'"
    ),
    "decimal comma": (
        ("templates/T_TANK.csv", "0,60,0.01", '0,60,"0,01"'), "F_OUT", "resolution", "0,01", "after a point"
    ),
    "range turned round": (
        ("templates/T_TANK.csv", "TEMP,analog,°C,0,100", "TEMP,analog,°C,100,0"), "TEMP", "high", "0", "low of 100"
    ),
    "limits out of order": (
        ("templates/T_TANK.csv", "10,20,85,92", "10,20,92,85"), "LVL,", "hh", "85", "limits rise from ll to hh"
    ),
    "limit out of range": (
        ("templates/T_TANK.csv", "10,20,85,92", "10,20,85,192"), "LVL,", "hh", "192", "outside the range 0 to 100"
    ),
    "tag twice": (("templates/T_TANK.csv", "COND,", "TEMP,"), "TEMP,analog,mS", "name", "TEMP", "already in row 3"),
    "tag name with a dot": (
        ("templates/COM.csv", "AIR_P,", "AIR.P,"), "AIR.P", "name", "AIR.P", "letters, digits, _ and -"
    ),
    "too few labels": (
        ("templates/T_PRECIP.csv", "FILL|SEED", "FILL_SEED"), "STATE", "labels", "FILL_SEED", "9 labels for 10 values"
    ),
    "translation missing in a CSV": (
        ("templates/T_TANK.csv", "Level,液位", "Level,"), "LVL,", "description_zh", "", "translation 'zh' is missing"
    ),
    "row with a cell too many": (
        ("templates/T_TANK.csv", "Level,液位", "Level, gauge,液位"), "LVL,", "", "LVL,analog", "quote a cell"
    ),
    "template name missing": (
        ("templates.toml", 'zh = "储罐"', 'zh = ""'), "T_TANK =", "T_TANK.zh", "Storage tank", "'zh' is missing"
    ),
    "template unknown": (
        ("sites/S02.toml", '"T_TANK"', '"T_TANKS"'),
        "T_TANKS", "areas[1].units[1].template", "T_TANKS", "word is 'T_TANK'",
    ),
    "key misspelt": (("sites/S01.toml", "origin =", "orgin ="), "orgin", "orgin", "orgin", "word is 'origin'"),
    "unit numbers overlap": (
        ("sites/S02.toml", "count = 4 },", 'count = 4 },\n  { template = "T_TANK", first = 4, count = 1 },'),
        "first = 4", "areas[1].units[2]", "TANK004", "unit numbers overlap with row 13",
    ),
    "number of auxiliaries missing": (
        ("sites/S01.toml", ", n = 2", ""), '"COM" }', "areas[2].units[1]", "", "the key 'n' is missing"
    ),
    "place off the schematic": (("sites/S01.toml", "x = 0.7", "x = 7"), "x = 7", "x", "7", "number from 0 to 1"),
    "origin unknown": (
        ("sites/S01.toml", '"assumed"', '"asumed"'), "asumed", "origin", "asumed", "nearest valid word is 'assumed'"
    ),
    "zone unknown": (
        ("complex.toml", "Asia/Shanghai", "Asia/Shangai"), "zone", "zone", "Asia/Shangai", "'Asia/Shanghai'"
    ),
    "not TOML": (("complex.toml", 'id = "starter"', "id = starter"), "id = ", "", "id = starter", "not TOML"),
    "protocol unknown": (
        ("connections.toml", '"modbus"', '"modbuss"'), '"modbuss"', "S02.protocol", "modbuss", "word is 'modbus'"
    ),
    "endpoint of another protocol": (
        ("connections.toml", "modbus://127.0.0.1:8640", "mqtt://127.0.0.1:8640"),
        "mqtt://127.0.0.1:8640", "S02.endpoint", "mqtt://127.0.0.1:8640", "modbus://host:port",
    ),
    "option unknown": (
        ("connections.toml", "word_order", "wordorder"), "wordorder", "S02.wordorder", "wordorder", "'word_order'"
    ),
    "option of the wrong kind": (
        ("connections.toml", 'word_order = "big"', "word_order = true"),
        "word_order", "S02.word_order", "True", "a text in quotes",
    ),
    "option that is no word for it": (
        ("connections.toml", '"big"', '"bigg"'), "bigg", "S02.word_order", "bigg", "nearest valid word is 'big'"
    ),
    "factor of nothing": (
        ("flows.toml", "factor = 0.22", "factor = 0"), "factor = 0", "flows[1].factor", "0", "leaves nothing"
    ),
    "site without connection": (
        ("connections.toml", "[S01]\nprotocol = \"sparkplug\"\n", ""), None, "S01", "", "S01 has no connection"
    ),
    "address of no tag": (
        ("addresses/S02.csv", "BUND,1:hr:22\n", "BUND,1:hr:22\nS02.TANK.TANK002.LEVEL,1:hr:90\n"),
        "LEVEL", "path", "S02.TANK.TANK002.LEVEL", "'S02.TANK.TANK002.LVL'",
    ),
    "address missing": (
        ("addresses/S02.csv", "S02.TANK.TANK002.BUND,1:hr:22\n", ""),
        None, "path", "S02.TANK.TANK002.BUND", "the tag has no address",
    ),
    "addresses overlap": (
        ("addresses/S02.csv", "1:hr:22\n", "1:hr:21\n"), "1:hr:21", "address", "1:hr:21", "overlaps with 1:hr:20 of"
    ),
    "address not understood": (
        ("addresses/S02.csv", "1:hr:22\n", "40023\n"), "40023", "address", "40023", "looks like 3:hr:120"
    ),
    "flow to nowhere": (("flows.toml", 'to = "S01"', 'to = "S0l"'), "S0l", "flows[1].to", "S0l", "word is 'S01'"),
    "flow to where it comes from": (
        ("flows.toml", 'to = "S01"', 'to = "S02"'), 'to = "S02"', "flows[1].to", "S02", "from one site to another"
    ),
    "flow pattern that fits nothing": (
        ("flows.toml", "S01.PR1.PRECIP*", "S01.PR2.PRECIP*"),
        "PR2", "flows[1].tags[1]", "S01.PR2.PRECIP*.TOT_FEED", "nearest valid word is 'PR1'",
    ),
    "flow method unknown": (
        ("flows.toml", '"counter"', '"count"'), '"count"', "flows[1].method", "count", "nearest valid word is 'counter'"
    ),
    "method that does not suit the tag": (
        ("flows.toml", "TOT_FEED", "TEMP"),
        "TEMP", "flows[1].tags[1]", "S01.PR1.PRECIP*.TEMP", "for tags of kind counter",
    ),
    "headline pattern that fits nothing": (
        ("headlines.toml", "TOT_FEED", "TOT_FED"),
        "TOT_FED", "headlines[1].tags[1]", "S01.PR1.PRECIP*.TOT_FED", "nearest valid word is 'TOT_FEED'",
    ),
    "headline without a plan": (
        ("headlines.toml", "plan = 7\n", ""), "[[headlines]]", "headlines[1]", "", "the key 'plan' is missing"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ONE_MISTAKE)
def test_one_mistake_is_named_once_and_nothing_else(folder: Path, name: str) -> None:
    edit, marks, column, read, hint = ONE_MISTAKE[name]
    plant(folder, edit)
    found = check(folder)
    assert len(found) == 1, "\n".join(map(str, found))
    row = 0 if marks is None else row_of(folder, edit[0], marks)
    assert (found[0].file, found[0].row, found[0].column) == (edit[0], row, column)
    assert found[0].read.startswith(read)
    assert hint in found[0].hint


def test_file_saved_as_gbk_is_said_and_still_checked(folder: Path) -> None:
    path = folder / "templates" / "T_TANK.csv"
    path.write_bytes(path.read_text("utf-8").replace("10,20,85,92", "10,20,92,85").encode("gb18030"))
    limits, encoding = check(folder)
    assert encoding.read == "GBK"
    assert "save it as UTF-8" in encoding.hint
    assert limits.column == "hh"


def test_file_with_a_byte_order_mark_is_read(folder: Path) -> None:
    path = folder / "templates" / "T_TANK.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert check(folder) == []


def test_semicolons_are_named_and_blamed_for_nothing_else(folder: Path) -> None:
    path = folder / "templates" / "T_TANK.csv"
    path.write_text(path.read_text("utf-8").replace(",", ";"), "utf-8")
    (mistake,) = check(folder)
    assert "parted by commas" in mistake.hint


def test_missing_file_names_the_one_that_may_be_meant(folder: Path) -> None:
    (folder / "flows.toml").rename(folder / "flow.toml")
    assert check(folder) == [Mistake("flows.toml", 0, "", "", "the file is missing; is it 'flow.toml', misnamed?")]


def test_folder_that_does_not_exist_is_one_mistake(tmp_path: Path) -> None:
    (mistake,) = check(tmp_path / "nowhere")
    assert mistake.hint == "there is no such folder"


def test_bad_complex_carries_all_mistakes_and_prints_them(folder: Path) -> None:
    plant(folder, ("flows.toml", 'to = "S01"', 'to = "S0l"'))
    plant(folder, ("complex.toml", "period_s = 1", "period_s = 0"))
    with pytest.raises(BadComplex) as caught:
        read_complex(folder)
    assert [mistake.file for mistake in caught.value.mistakes] == ["complex.toml", "flows.toml"]
    assert "flows.toml:" in str(caught.value)
    assert "[flows[1].to] read 'S0l': there is no such site" in str(caught.value)


def test_ten_planted_mistakes_are_all_named(tmp_path: Path) -> None:
    folder = tmp_path / "northern"
    shutil.copytree(NORTHERN, folder)
    planted: dict[str, Callable[[Mistake], bool]] = {}

    def expect(name: str, file: str, column: str, read: str, hint: str) -> None:
        planted[name] = lambda m: (m.file, m.column) == (file, column) and m.read.startswith(read) and hint in m.hint

    plant(folder, ("templates/T_RO.csv", ",noise_sigma,", ",noise,"))
    expect("header", "templates/T_RO.csv", "noise", "noise", "'noise_sigma'")
    gbk = folder / "templates" / "T_AGV.csv"
    gbk.write_bytes(gbk.read_text("utf-8").encode("gbk"))
    expect("encoding", "templates/T_AGV.csv", "", "GBK", "save it as UTF-8")
    plant(folder, ("templates/T_CELL.csv", "CUR_SP,", "CUR_PV,"))
    expect("duplicate tag", "templates/T_CELL.csv", "name", "CUR_PV", "already in row 2")
    plant(folder, ("templates/T_SC.csv", "O2,analog", "O2,analouge"))
    expect("kind", "templates/T_SC.csv", "kind", "analouge", "'analog'")
    plant(folder, ("templates/T_KILN70.csv", "100,120,180,200", "100,120,200,180"))
    expect("limits", "templates/T_KILN70.csv", "hh", "180", "h is 200")
    plant(folder, ("sites/S05.toml", '{ template = "T_BATCH"', '{ template = "T_BACTH"'))
    expect("template", "sites/S05.toml", "areas[9].units[1].template", "T_BACTH", "'T_BATCH'")
    plant(folder, ("sites/S03.toml", "first = 11, count = 10", "first = 10, count = 10"))
    expect("unit numbers", "sites/S03.toml", "areas[2].units[1]", "CELL010", "overlap")
    plant(folder, ("connections.toml", '"s7"', '"s7comm"'))
    expect("protocol", "connections.toml", "S02.protocol", "s7comm", "'s7'")
    plant(folder, ("flows.toml", 'to = "S13"', 'to = "S31"'))
    expect("flow end", "flows.toml", "flows[3].to", "S31", "'S13'")
    plant(folder, ("headlines.toml", "S05.H?.SC*.DIS_WT", "S05.H?.SC*.DIS_WGT"))
    expect("headline pattern", "headlines.toml", "headlines[7].tags[1]", "S05.H?.SC*.DIS_WGT", "'DIS_WT'")
    plant(folder, ("addresses/S08.csv", "1:hr:4\n", "1:hr:2\n"))
    expect("address", "addresses/S08.csv", "address", "1:hr:2", "overlaps with 1:hr:2 of S08.PRE.PRE001.EQ2_LVL")

    found = check(folder)
    assert {name for name, is_it in planted.items() if not any(map(is_it, found))} == set(), "\n".join(map(str, found))
    assert len(planted) >= 10
    assert len(found) == len(planted), "\n".join(map(str, found))
    assert all(mistake.row > 0 for mistake in found)


def test_spoiled_files_are_mistakes_and_never_a_crash(folder: Path, tmp_path: Path) -> None:
    chance = random.Random(7)
    files = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    junk = [b'"', b"{", b"[", b"\n", b"=", b"9" * 20, b"\0", b"1e999", b"nan", b"[1..8]", b"{a/b}", b"\xff\xfe", b"'''"]
    for attempt in range(25):
        spoiled = shutil.copytree(folder, tmp_path / f"spoiled{attempt}")
        path = spoiled / chance.choice(files)
        data = path.read_bytes()
        at, length = chance.randrange(len(data)), chance.choice([0, 1, 20, len(data)])
        path.write_bytes(data[:at] + chance.choice(junk) + data[at + length :])
        for mistake in check(spoiled):
            assert mistake.hint
            assert (spoiled / mistake.file).exists() or "missing" in mistake.hint or "no file" in mistake.hint
