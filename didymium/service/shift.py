"""What ``didymium report`` and ``didymium notify-test`` do."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

from rich.console import Console

from didymium.model.mistakes import did_you_mean
from didymium.service.answers import Centre
from didymium.service.ask import BadRequest
from didymium.service.errors import BadOption
from didymium.service.instance import Instance
from didymium.service.message import Message, Unsent
from didymium.service.notice_words import words_of_trial
from didymium.service.notifying import outlet
from didymium.service.sending import LIMIT_S
from didymium.service.targets import secret

console = Console(highlight=False)


class NotReached(BadRequest):
    """The target did not take a test."""


def report(instance: Instance, shift: str, form: str, language: str, site: str, out: Path | None) -> int:
    """Write the report of a shift to a file."""
    centre = Centre(instance.wall)
    shifts = centre.shifts()
    asked = shift or next(each["id"] for each in shifts if each["closed"])
    content = centre.report(asked, form, language, site)
    parts = ("shift", asked.replace("/", "-"), site, language)
    file = out or Path("-".join(filter(None, parts)) + f".{form}")
    file.write_bytes(content)
    console.print(f"Wrote {file}: {len(content):,} bytes, shift {asked}")
    return 0


def notify_test(instance: Instance, name: str, language: str) -> int:
    """Send a test to a target."""
    known = {target.name: target for target in instance.targets}
    if name not in known:
        hint = (
            did_you_mean(name, known, "a target of instance.toml")
            if known
            else f"a table [targets.{name}] in {instance.file}"
        )
        raise BadOption("target", name, hint)
    way = outlet(known[name], secret(instance.file, known[name], os.environ))
    now_us = time.time_ns() // 1_000
    subject, text = words_of_trial(language, name)
    message = Message(f"test/{name}/{now_us}", subject, text, {"kind": "test", "language": language})

    async def sent() -> None:
        async with asyncio.timeout(LIMIT_S):
            await way.send(message, now_us)

    try:
        asyncio.run(sent())
    except TimeoutError as error:
        raise NotReached(f"{name} did not answer within {LIMIT_S:g} s") from error
    except Unsent as unsent:
        raise NotReached(f"{name} did not take it: {unsent.cause}") from unsent
    console.print(f"{name} took the test {message.key}")
    return 0
