"""``units.toml``: cycle, lots and upkeep of units; what cannot be is named with file, row and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from didymium.model import starter
from didymium.model.drawings import Lots, Upkeep
from didymium.model.folder import check, read_complex
from didymium.model.text import Text

NORTHERN = Path(__file__).parents[2] / "complexes" / "northern"
PAGES = """[[units]]
templates = ["T_PRECIP"]
step = "STATE"
since = "STEP_T"
lasts_min = { FILL = 20, FEED = 90.5 }
lots = [{ tag = "BATCH_NO", values = ["TOT_FEED"] }]

[[units.upkeep]]
name = { en = "Clean the probe", zh = "清洗探头" }
tag = "TURB"
due = 3000
"""


def mistakes_of(folder: Path, text: str) -> list[str]:
    starter.write(folder)
    (folder / "units.toml").write_text(text, encoding="utf-8")
    return [str(mistake) for mistake in check(folder)]


@pytest.mark.parametrize(
    ("old", "new", "row", "key", "words"),
    [
        ("T_PRECIP", "T_PRECIPP", 2, "templates", "'T_PRECIP'"),
        ('["T_PRECIP"]', '["T_PRECIP", "T_PRECIP"]', 2, "templates", "stands further up already"),
        ('"STATE"', '"STAT"', 3, "step", "the nearest valid word is 'STATE'"),
        ('step = "STATE"\n', "", 4, "lasts_min", "the key 'step' is missing"),
        ('"STATE"', '"TEMP"', 3, "step", "TEMP of T_PRECIP is analog; here stands one of enum"),
        ('"STEP_T"', '"TEMP"', 4, "since", "a time is in s, min or h, not in '°C'"),
        ("FILL", "FIL", 5, "lasts_min.FIL", "STATE has no such label; the nearest valid word is 'FILL'"),
        ("90.5", "0", 5, "lasts_min.FEED", "a time is a number of minutes above 0"),
        ("90.5", "true", 5, "lasts_min.FEED", "a time is a number of minutes above 0"),
        ("BATCH_NO", "STATE", 6, "lots[1].tag", "STATE of T_PRECIP is enum"),
        ("TOT_FEED", "TOT_FED", 6, "lots[1].values", "'TOT_FEED'"),
        ("TURB", "TURBO", 10, "upkeep[1].tag", "'TURB'"),
        ("3000", "0", 11, "upkeep[1].due", "differs from what is fresh"),
        ("due = 3000\n", "", 8, "upkeep[1]", "the key 'due' is missing"),
    ],
)
def test_a_mistake_says_where_and_what_would_be_right(
    tmp_path: Path, old: str, new: str, row: int, key: str, words: str
) -> None:
    (found,) = mistakes_of(tmp_path / "c", PAGES.replace(old, new))
    assert found.startswith(f"units.toml:{row} [units[1].{key}]") and words in found


def test_cycle_lots_and_upkeep_are_read(tmp_path: Path) -> None:
    assert mistakes_of(tmp_path / "c", PAGES) == []
    (page,) = read_complex(tmp_path / "c").pages
    assert (page.templates, page.step, page.since) == (("T_PRECIP",), "STATE", "STEP_T")
    assert list(page.lasts_min.items()) == [("FILL", 20.0), ("FEED", 90.5)]
    assert page.lots == (Lots("BATCH_NO", ("TOT_FEED",)),)
    assert page.upkeep == (Upkeep(Text("Clean the probe", "清洗探头"), "TURB", 3000.0, 0.0),)
    (tmp_path / "c" / "units.toml").unlink()
    assert read_complex(tmp_path / "c").pages == ()


def test_a_furnace_of_the_shipped_complex_takes_its_257_minutes() -> None:
    (casting,) = [page for page in read_complex(NORTHERN).pages if "T_SC" in page.templates]
    assert sum(casting.lasts_min.values()) == 257.0
