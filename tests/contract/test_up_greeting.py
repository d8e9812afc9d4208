"""What ``didymium up`` says at the terminal while the centre starts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from didymium.service import up
from didymium.service.instance import Instance, read_instance

STARTING = (
    b"",
    b"HTTP/1.1 503 Starting\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{",
)
"""Hangs up, refuses, breaks its answer off."""
ANSWERS = b'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{"tags": 1}'


@asynccontextmanager
async def wall(folder: Path, answers: Sequence[bytes]) -> AsyncIterator[tuple[Instance, list[bytes]]]:
    """An installation whose centre gives ``answers``, one to a request, and the answers that are left."""
    left = list(answers)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(left.pop(0))
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield read_instance(folder, port=server.sockets[0].getsockname()[1]), left


@pytest.mark.parametrize(("ready_s", "times"), [(0.0, 1), (600.0, 0)])
async def test_the_wall_is_named_when_it_answers_and_once_before_that_it_takes_long(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    ready_s: float,
    times: int,
) -> None:
    monkeypatch.setattr(up, "READY_S", ready_s)
    async with wall(tmp_path, (*STARTING, ANSWERS)) as (instance, left):
        await up._greet(instance, 0.0)
    said = capsys.readouterr().out
    assert left == []
    assert said.count("The centre does not answer yet") == times
    assert said.split("\n")[-3].startswith(f"The wall: {instance.wall}")
