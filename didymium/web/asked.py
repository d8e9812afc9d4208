"""What a request asks for, tags and a range of time, or the refusal in words for a person."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final, TypeVar

from litestar.exceptions import ClientException, NotFoundException, ServiceUnavailableException

from didymium.historian.errors import HistorianError, QueryTooLong, RefusedQuery
from didymium.historian.points import END_US, FIRST_US
from didymium.model.plant import Complex
from didymium.model.search import matching_rows, nearest_step, unknown_path_hint
from didymium.records.errors import RecordsError
from didymium.web.desk import Desk

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
WILD: Final = frozenset("*?[")
PATTERNS: Final = "tag paths, separated by commas; * and ? match"
FROM: Final = "start, µs since 1970 UTC, inclusive"
TO: Final = "end, µs since 1970 UTC, exclusive"
Answer = TypeVar("Answer")

KNOWN_AT: Final = "answer as known at this moment, µs since 1970 UTC; as known now if left out"


def said(at_us: int) -> str:
    """A moment for a person."""
    return f"{(EPOCH + timedelta(microseconds=at_us)).isoformat()} ({at_us})"


def moment_asked(name: str, at_us: int) -> None:
    """Refuse a moment that is not in µs. Raises ``ClientException``."""
    if not FIRST_US <= at_us < END_US:
        raise ClientException(
            f"{name} is {at_us}, which is no moment between 1900 and 2300: write µs since 1970 UTC, not ns"
        )


def range_asked(from_us: int, to_us: int) -> None:
    """Refuse a range that holds no moment, or moments that are not in µs. Raises ``ClientException``."""
    moment_asked("from_us", from_us)
    moment_asked("to_us", to_us)
    if to_us == from_us:
        raise ClientException(
            f"the range is empty: from_us and to_us are both {said(from_us)}; to_us is exclusive, so make it later"
        )
    if to_us < from_us:
        raise ClientException(
            f"the range runs backwards: to_us {said(to_us)} is before from_us {said(from_us)}; exchange them"
        )


def rows_asked(plant: Complex, patterns: str) -> list[int]:
    """Rows of the tag table, each once, in the order asked. Raises ``NotFoundException`` with the nearest name."""
    tags = plant.tags
    found: dict[int, None] = {}
    for pattern in filter(None, (part.strip() for part in patterns.split(","))):
        row = tags.row_of.get(pattern)
        if row is not None:
            found[row] = None
            continue
        if not WILD & set(pattern):
            raise NotFoundException(f"no tag has the path {pattern!r}: {unknown_path_hint(pattern, tags.path)}")
        rows = matching_rows(pattern, tags, plant.sites)
        if not rows:
            raise NotFoundException(f"no tag matches {pattern!r}{nearest_step(pattern, tags.path)}")
        found.update(dict.fromkeys(rows))
    if not found:
        raise ClientException(f"no tags are asked for: write {PATTERNS}, like {tags.path[0]}")
    return list(found)


async def rows_sought(desk: Desk, patterns: str) -> list[int]:
    """``rows_asked`` beside the loop: many patterns over many tags take a while."""
    return await answered(desk, partial(rows_asked, desk.plant, patterns))


async def answered(desk: Desk, read: Callable[[], Answer]) -> Answer:
    """What a blocking read of historian and records returns; their errors as the asker's or as ours for the moment."""
    try:
        return await asyncio.get_running_loop().run_in_executor(desk.readers, read)
    except QueryTooLong as error:
        raise ClientException("the answer takes too long: ask for a shorter range or for fewer tags") from error
    except RefusedQuery as error:
        raise ClientException(str(error)) from error
    except HistorianError as error:
        raise ServiceUnavailableException(f"the historian does not answer: {error}") from error
    except RecordsError as error:
        raise ServiceUnavailableException(f"the records do not answer: {error}") from error
