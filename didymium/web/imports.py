"""The request that loads a history file, and tells how far it is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any

import msgspec
from litestar import post
from litestar.exceptions import ClientException
from litestar.params import Parameter
from litestar.response import Stream

from didymium.acquire.history_blocks import BadFile
from didymium.acquire.refusals import ImportReport, Progress
from didymium.historian.errors import HistorianError
from didymium.web.desk import Desk

Word = Progress | ImportReport | BadFile | HistorianError | OSError


def line(word: Word) -> bytes:
    """One line of JSON: progress, the report, or the error that ended it."""
    if isinstance(word, Progress):
        return msgspec.json.encode(word) + b"\n"
    if isinstance(word, ImportReport):
        said = msgspec.to_builtins(word) | {"rows": word.rows, "refused_rows": word.refused_rows}
        return msgspec.json.encode({"report": said}) + b"\n"
    return msgspec.json.encode({"error": str(word)}) + b"\n"


@post("/api/import", summary="Load a history file", tags=["history"], status_code=200)
async def import_file(
    desk: Desk, path: Annotated[str, Parameter(description="CSV or Parquet file on the centre's machine")]
) -> Stream:
    """Store every row that can be understood and is not stored yet; the others are counted by cause.

    The answer is one JSON object a line: `{"read_bytes", "of_bytes", "rows"}` while it goes on, then
    `{"report": …}`, or `{"error": …}` where it ended early. The complete list of what was refused is written beside
    the file as `<file>.refused.csv`.
    """
    file = Path(path)
    if not await asyncio.to_thread(file.is_file):
        raise ClientException(f"no such file: {path}")
    loop = asyncio.get_running_loop()
    words: asyncio.Queue[Word] = asyncio.Queue()

    def tell(word: Word) -> None:
        loop.call_soon_threadsafe(words.put_nowait, word)

    def load() -> None:
        try:
            tell(desk.import_file(file, tell))
        except (BadFile, HistorianError, OSError) as error:
            tell(error)

    work = loop.run_in_executor(desk.readers, load)
    first = await _word(words, work)
    if not isinstance(first, Progress | ImportReport):
        raise ClientException(str(first))
    return Stream(_lines(first, words, work), media_type="application/x-ndjson")


async def _word(words: asyncio.Queue[Word], work: asyncio.Future[None]) -> Word:
    """The next word; raises what ended the work without one."""
    waiting = asyncio.ensure_future(words.get())
    either: set[asyncio.Future[Any]] = {waiting, work}
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    if not waiting.done() and work.exception() is not None:
        waiting.cancel()
        work.result()
    return await waiting


async def _lines(word: Word, words: asyncio.Queue[Word], work: asyncio.Future[None]) -> AsyncIterator[bytes]:
    while isinstance(word, Progress):
        yield line(word)
        word = await _word(words, work)
    yield line(word)
