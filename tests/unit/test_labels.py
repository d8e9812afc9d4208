"""``labels.toml``: states in Chinese, of any tag or of one; what no tag has is named with file, row and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from didymium.model import starter
from didymium.model.folder import check, read_complex
from didymium.model.plant import Text

NORTHERN = Path(__file__).parents[2] / "complexes" / "northern"
WORDS = """[labels]
IDLE = "空闲"
FEED = "进料"

[[of]]
tag = "T_PRECIP.STATE"
labels = { FEED = "加料" }
"""


def mistakes_of(folder: Path, text: str) -> list[str]:
    starter.write(folder)
    (folder / "labels.toml").write_text(text, encoding="utf-8")
    return [str(mistake) for mistake in check(folder)]


@pytest.mark.parametrize(
    ("old", "new", "row", "key", "words"),
    [
        ("IDLE", "IDLES", 2, "labels.IDLES", "no tag has this label; the nearest valid word is 'IDLE'"),
        ('"空闲"', "1", 1, "labels", "must be a table of texts"),
        ('"空闲"', '" "', 2, "labels.IDLE", "the text is empty"),
        ("T_PRECIP.STATE", "T_PRECIP.STAT", 6, "of[1].tag", "the nearest valid word is 'T_PRECIP.STATE'"),
        ("T_PRECIP.STATE", "T_PRECIP.TEMP", 6, "of[1].tag", "no tag with labels has this name"),
        (
            "{ FEED",
            "{ FED",
            7,
            "of[1].labels.FED",
            "T_PRECIP.STATE has no such label; the nearest valid word is 'FEED'",
        ),
        ('tag = "T_PRECIP.STATE"\n', "", 5, "of[1]", "the key 'tag' is missing"),
    ],
)
def test_a_mistake_says_where_and_what_would_be_right(
    tmp_path: Path, old: str, new: str, row: int, key: str, words: str
) -> None:
    (found,) = mistakes_of(tmp_path / "c", WORDS.replace(old, new))
    assert found.startswith(f"labels.toml:{row} [{key}]") and words in found


def test_a_tag_is_named_once(tmp_path: Path) -> None:
    (found,) = mistakes_of(tmp_path / "c", WORDS + WORDS.split("\n\n")[1])
    assert found.startswith("labels.toml:9 [of[2].tag]") and "named already" in found


def test_the_word_of_one_tag_goes_before_that_of_any_and_a_label_without_one_stands(tmp_path: Path) -> None:
    assert mistakes_of(tmp_path / "c", WORDS) == []
    plant = read_complex(tmp_path / "c")
    row = next(row for row, path in enumerate(plant.tags.path) if path.endswith(".STATE"))
    said = [plant.label(row, label) for label in ("IDLE", "FEED", "AGE")]
    assert said == [Text("IDLE", "空闲"), Text("FEED", "加料"), Text("AGE", "AGE")]
    (tmp_path / "c" / "labels.toml").unlink()
    assert read_complex(tmp_path / "c").label(row, "IDLE") == Text("IDLE", "IDLE")


def test_every_label_of_the_shipped_complex_has_a_word() -> None:
    plant = read_complex(NORTHERN)
    bare = {
        (template.id, tag.name, label)
        for template in plant.templates.values()
        for tag in template.tags
        for label in tag.labels
        if plant.label_words.text(template.id, tag, label).zh == label
    }
    assert bare == set()
