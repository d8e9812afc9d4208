"""``notifications.toml``: read as it says, every mistake named with file, row, key, what was read, what is right."""

from __future__ import annotations

from pathlib import Path

import pytest
from alarm_desk import complex_of

from didymium.alarms.definitions import Priority
from didymium.alarms.notice_rules import Choice, NoticeRules, Quiet, ReportRule, Rule, check, read_notice_rules
from didymium.service.cli import check as check_command

RULE = '[[rules]]\nid = "urgent"\nto = ["duty"]\n'
POSITION = '[[positions]]\nid = "hall"\nname = { en = "a", zh = "b" }\nsites = ["S01"]\n'


def test_rules_are_read_as_they_stand(tmp_path: Path) -> None:
    plant = complex_of(tmp_path, POSITION)
    (tmp_path / "notifications.toml").write_text(
        '[[rules]]\nid = "urgent"\nto = ["duty", "chief"]\npriorities = ["critical", "high"]\npositions = ["hall"]\n'
        'sites = ["S01"]\nunacknowledged_min = 2.5\nquiet = ["22:00", "06:30"]\nmost_per_10_min = 3\nlanguage = "zh"\n'
        + RULE.replace("urgent", "all")
        + '[[reports]]\nto = ["office"]\nsite = "S01"\nlanguage = "zh"\n',
        encoding="utf-8",
    )
    nothing = frozenset[str]()
    assert read_notice_rules(tmp_path, plant) == NoticeRules(
        (
            Rule(
                "urgent", ("duty", "chief"),
                Choice(frozenset({Priority.CRITICAL, Priority.HIGH}), frozenset({"hall"}), frozenset({"S01"})),
                150_000_000, Quiet(22 * 60, 6 * 60 + 30), 3, "zh",
            ),
            Rule("all", ("duty",), Choice(frozenset(), nothing, nothing), 0, None, 6, "en"),
        ),
        (ReportRule(("office",), "S01", "zh"),),
    )  # fmt: skip
    assert read_notice_rules(tmp_path, plant).targets == {
        "office": "a report", "duty": "rule 'urgent'", "chief": "rule 'urgent'"
    }  # fmt: skip


def test_a_complex_without_the_file_tells_nobody(tmp_path: Path) -> None:
    assert read_notice_rules(tmp_path, complex_of(tmp_path)) == NoticeRules()


@pytest.mark.parametrize(
    ("text", "row", "key", "words"),
    [
        (RULE + 'priorities = ["hihg"]\n', 4, "rules[1].priorities", "read 'hihg'"),
        (RULE + 'priorities = ["hihg"]\n', 4, "rules[1].priorities", "'high'"),
        (RULE + 'positions = ["hal"]\n', 4, "rules[1].positions", "no such position in alarms.toml"),
        (RULE + 'positions = ["hal"]\n', 4, "rules[1].positions", "'hall'"),
        (RULE + 'sites = ["S99"]\n', 4, "rules[1].sites", "there is no such site"),
        (RULE + "unacknowledged_min = 0\n", 4, "rules[1].unacknowledged_min", "minutes above 0"),
        (RULE + 'quiet = ["22:00", "24:00"]\n', 4, "rules[1].quiet", "clock times of the plant"),
        (RULE + 'quiet = ["22:00", "22:00"]\n', 4, "rules[1].quiet", "two different clock times"),
        (RULE + "most_per_10_min = 0\n", 4, "rules[1].most_per_10_min", "a whole number above 0"),
        (RULE + 'language = "fr"\n', 4, "rules[1].language", "read 'fr'"),
        (RULE + 'priority = "high"\n', 4, "rules[1].priority", "'priorities'"),
        (RULE.replace("urgent", "ur/gent"), 2, "rules[1].id", "letters, digits"),
        (RULE + RULE, 5, "rules[2].id", "there is a rule 'urgent' already"),
        ('[[rules]]\nid = "x"\n', 1, "rules[1]", "the key 'to' is missing"),
        ('[[reports]]\nto = ["a"]\nsite = "S9"\n', 3, "reports[1].site", "there is no such site"),
        ("[[rules]\n", 1, "", "not TOML"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, row: int, key: str, words: str) -> None:
    plant = complex_of(tmp_path, POSITION)
    (tmp_path / "notifications.toml").write_text(text, encoding="utf-8")
    found = check(tmp_path, plant)
    assert [(each.file, each.row, each.column) for each in found] == [("notifications.toml", row, key)]
    assert words in str(found[0])
    assert check_command(tmp_path) == 1
