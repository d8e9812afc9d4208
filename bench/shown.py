"""A centre shown in a Chromium: one that runs already, or a new installation for as long as it is looked at."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from playwright.async_api import Page, async_playwright

from bench.child import Child
from bench.faults import free_offset
from didymium.service.answers import Centre
from didymium.service.errors import NotRunning
from tools.chromium import ADVICE, found

START_LIMIT_S: Final = 600.0
SIZE: Final = {"width": 1920, "height": 1080}


@contextlib.asynccontextmanager
async def running(url: str | None, history_hours: float = 0.0) -> AsyncIterator[str]:
    """The address of the centre at ``url``, or of a new installation with so much history."""
    if url is not None:
        yield url
        return
    with tempfile.TemporaryDirectory() as folder:
        offset = free_offset()
        where = ["--data", f"{folder}/data", "--port-offset", str(offset), "--history-hours", str(history_hours)]
        installation = Child(["up", *where], Path(folder) / "up.log")
        await installation.start()
        try:
            own = f"http://127.0.0.1:{8600 + offset}"
            await asyncio.to_thread(_wait, own)
            yield own
        finally:
            await installation.stop()


@contextlib.asynccontextmanager
async def chromium(url: str) -> AsyncIterator[Page]:
    """A page of the desk's size, with addresses below ``url``."""
    program = found()
    if program is None:
        raise RuntimeError(ADVICE)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield await browser.new_page(base_url=url, viewport=SIZE)  # type: ignore[arg-type]
        await browser.close()


def _wait(url: str) -> None:
    centre, deadline = Centre(url), time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline:
        with contextlib.suppress(NotRunning):
            if centre.health()["status"] == "ok":
                return
        time.sleep(1.0)
    raise RuntimeError(f"{url} does not answer after {START_LIMIT_S:g} s")
