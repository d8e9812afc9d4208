"""Settings, routes, pages, tags and causes that the documentation names exist, and none that exists is left out."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from didymium.acquire.causes import Cause
from didymium.historian.store import Historian
from didymium.live import causes as live_causes
from didymium.model.connections import OPTIONS, read_connections
from didymium.model.folder import read_complex
from didymium.model.mistakes import Mistakes
from didymium.model.plant import Complex
from didymium.service.instance import KEYS, SHIPPED_COMPLEX, read_instance
from didymium.web.app import API
from tests.docs.pages import PROJECT, Block, blocks, written

INSTANCE = (PROJECT / "docs" / "reference" / "instance.md").read_text(encoding="utf-8")
HEALTH = (PROJECT / "docs" / "how-to" / "read-the-data-health-page.md").read_text(encoding="utf-8")
ROUTER = (PROJECT / "frontend" / "src" / "lib" / "router.svelte.ts").read_text(encoding="utf-8")
WORDS = (PROJECT / "frontend" / "src" / "lib" / "i18n" / "en.ts").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def northern() -> Complex:
    return read_complex(SHIPPED_COMPLEX)


def toml_blocks(first_line: str) -> list[Block]:
    return [block for block in blocks("toml") if block.text.startswith(first_line)]


def test_every_setting_of_an_installation_is_documented_and_no_other() -> None:
    table = INSTANCE.split("| key |")[1].split("\n\n")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == set(KEYS)


@pytest.mark.parametrize("block", toml_blocks("# instance.toml"), ids=str)
def test_examples_of_instance_toml_are_read(block: Block, tmp_path: Path) -> None:
    (tmp_path / "instance.toml").write_text(block.text, encoding="utf-8")
    instance = read_instance(tmp_path)
    assert all(isinstance(domain, str) for domain in instance.edges.values())


@pytest.mark.parametrize("block", toml_blocks("# connections.toml"), ids=str)
def test_examples_of_connections_toml_have_no_mistake(block: Block, tmp_path: Path) -> None:
    (tmp_path / "connections.toml").write_text(block.text, encoding="utf-8")
    mistakes = Mistakes()
    sites = [site for site in tomllib.loads(block.text) if site != "defaults"]
    assert set(read_connections(tmp_path, sites, mistakes)) == set(sites)
    assert list(mistakes.found) == []


def test_every_toml_example_says_which_file_it_is() -> None:
    unnamed = [str(block) for block in blocks("toml") if not re.match(r"# \w+\.toml\n", block.text)]
    assert [block for block in unnamed if "complex-folder" not in block] == []


def test_options_named_in_the_text_of_connecting_exist() -> None:
    page = (PROJECT / "docs" / "how-to" / "connect-a-plc.md").read_text(encoding="utf-8")
    known = {key for keys in OPTIONS.values() for key in keys}
    assert {key for key in re.findall(r"`([a-z_]+) = ", page) if key not in known} == set()


def test_routes_that_are_named_exist() -> None:
    routes = {path for handler in API for path in handler.paths} | {"/api/docs"}
    for page in written():
        for named in re.findall(r"/api/[a-z-]+", page.read_text(encoding="utf-8")):
            assert named in routes, page


def test_pages_that_are_named_exist(northern: Complex) -> None:
    known = set(re.findall(r"first === '(\w+)'", ROUTER))
    assert known
    for page in written():
        for named, rest in re.findall(r"127\.0\.0\.1:8600/(\w+)(?:/([\w.]+))?", page.read_text(encoding="utf-8")):
            assert named in known or named == "api", page
            if named == "site":
                assert rest in northern.site_of, page
            if named == "unit":
                assert rest in {unit.path for unit in northern.units}, page


def test_tags_that_are_named_exist(northern: Complex) -> None:
    for page in written():
        for path in re.findall(r"\bS\d\d(?:\.[A-Z0-9]+){2}\.[A-Z0-9_]+\b(?![*?\[])", page.read_text(encoding="utf-8")):
            assert path in northern.tags.row_of, f"{page}: {path}"


def spoken_causes() -> Iterator[str]:
    """Every word for trouble: of screening and polling, of lost connections, of the ledger, of the screens."""
    yield from Cause
    yield from (value for name, value in vars(live_causes).items() if name.isupper() and isinstance(value, str))
    yield from re.findall(r"'cause\.([^']+)':", WORDS)
    for path in (PROJECT / "didymium" / "acquire").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        yield from re.findall(r'(?:DeviceLost|super\(\).__init__|\.down|_condemn)\("([a-z ]+)"', text)
        yield from re.findall(r'^[A-Z_]+: Final = "([a-z]+(?: [a-z]+)+)"', text, re.MULTILINE)


def test_every_cause_is_explained() -> None:
    explained = set(re.findall(r"`([a-z ]+)`", HEALTH))
    assert set(spoken_causes()) - explained == set()


def test_no_cause_is_explained_that_nothing_speaks() -> None:
    rows = re.findall(r"^\| (`.+?`) \|", HEALTH, re.MULTILINE)
    explained = {cause for cell in rows for cause in re.findall(r"`([a-z ]+)`", cell)}
    source = "\n".join(
        path.read_text(encoding="utf-8")
        for room in ("acquire", "live")
        for path in (PROJECT / "didymium" / room).rglob("*.py")
    )
    built = {"device clock ahead", "device clock behind"}
    assert {cause for cause in explained - built if f'"{cause}"' not in source} == set()


def test_questions_that_are_shown_are_answered(tmp_path: Path, northern: Complex) -> None:
    shown = []
    for page in written():
        shown += re.findall(r'^ *didymium query "(.+)"', page.read_text(encoding="utf-8"), re.MULTILINE)
    assert shown
    historian = Historian.open(f"chdb:///{str(tmp_path / 'store').lstrip('/')}", complex=northern)
    try:
        for sql in shown:
            assert historian.query(sql).num_columns > 0
    finally:
        historian.close()
