"""Chromium on a whole running installation."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.installation import PROJECT, Installation, running

sys.path.insert(0, str(PROJECT / "tools"))

from chromium import ADVICE, found

expect.set_options(timeout=20_000)
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@pytest.fixture(scope="package")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with running(tmp_path_factory.mktemp("browser"), "--history-hours", "0.1") as one:
        one.wait_for("every site", lambda health: health["status"] == "ok" and health["points_today"] > 2 * 18_947)
        yield one


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    path = found()
    assert path, ADVICE
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, installation: Installation) -> Iterator[Page]:
    context = browser.new_context(base_url=installation.wall, viewport={"width": 1920, "height": 1080}, locale="en-GB")
    context.set_default_timeout(40_000)
    page = context.new_page()
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    yield page
    context.close()
    assert not troubles
