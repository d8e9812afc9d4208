"""The page about claims has the figures and verdicts that the data give, and the example of the how-to holds."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from didymium.evidence import testing
from didymium.evidence.definitions import Claim, Claims, Verdict
from didymium.evidence.testing import shown
from didymium.kpi.building import read_kpis
from didymium.model.folder import read_complex
from didymium.service.claims import check, read_claims
from didymium.service.instance import SHIPPED_COMPLEX
from tests.docs.pages import PROJECT

PAGE = (PROJECT / "docs" / "explanation" / "claims.md").read_text(encoding="utf-8")
HOW_TO = (PROJECT / "docs" / "how-to" / "test-a-claim.md").read_text(encoding="utf-8")
NUMBERS = {"Five": Verdict.LOOSE, "Four": Verdict.TENSION, "Eight": Verdict.OK_IF, "fifteen": Verdict.OK}
WORTH = {"Four": 4, "Five": 5, "Eight": 8, "fifteen": 15}


@pytest.fixture(scope="module")
def claims() -> Claims:
    plant = read_complex(SHIPPED_COMPLEX)
    return read_claims(SHIPPED_COMPLEX, plant, read_kpis(SHIPPED_COMPLEX, plant))


def row(claim: Claim) -> str:
    """The row of a claim in the page's table."""
    result = testing.tested(claim, {})
    low, high = (shown(end, claim.decimals) for end in (result.low, result.high))
    value = f"{shown(result.value, claim.decimals)} {claim.unit}".strip()
    return f"| {claim.id} | {claim.name.en} | {value} | {low} to {high} | `{result.verdict}` |"


def test_the_table_has_every_claim_as_it_is_computed(claims: Claims) -> None:
    found: Sequence[str] = re.findall(r"^\| C\d\d \|.*$", PAGE, re.MULTILINE)
    assert list(found) == [row(claim) for claim in claims.claims]


def test_the_counts_in_words_are_those_of_the_verdicts(claims: Claims) -> None:
    found = [testing.tested(claim, {}).verdict for claim in claims.claims]
    for word, verdict in NUMBERS.items():
        assert word in PAGE
        assert found.count(verdict) == WORTH[word]


def test_every_verdict_is_explained() -> None:
    assert set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)) == set(Verdict)


def test_what_the_how_to_tries_comes_out_as_it_says(claims: Claims) -> None:
    assert shown(testing.tested(claims.of["C09"], {"efficiency": 70.0}).value, 1) == "15.3"


def test_the_example_of_the_how_to_can_be_added(tmp_path: Path) -> None:
    shutil.copytree(SHIPPED_COMPLEX, tmp_path / "c")
    (example,) = re.findall(r"```toml\n# claims.toml\n(.*?)```", HOW_TO, re.DOTALL)
    file = tmp_path / "c" / "claims.toml"
    written = file.read_text(encoding="utf-8")
    file.write_text(f"{written}\n{example}", encoding="utf-8")
    plant = read_complex(tmp_path / "c")
    claims = read_claims(tmp_path / "c", plant, read_kpis(tmp_path / "c", plant))
    result = testing.tested(claims.of["P01"], {})
    assert (shown(result.value, 0), result.verdict) == ("208", Verdict.OK)
    file.write_text(f"{written}\n{example.replace('/ mills', '/ mill')}", encoding="utf-8")
    (mistake,) = check(tmp_path / "c", plant)
    shown_text = re.search(r"^claims\.toml:\d+ (.*)$", HOW_TO, re.MULTILINE)
    assert shown_text is not None
    assert str(mistake).split(" ", 1)[1] == shown_text.group(1)
