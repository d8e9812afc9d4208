"""The tag ids on their way from the centre, which gives them, to the edges, which write them into readings."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from nats.js.errors import APIError, BucketNotFoundError, NotFoundError

from didymium.model.registry import TagIds
from didymium.spine.connection import CONNECTION_ERRORS, RETRY_S, close, connect, connect_forever

LOG: Final = logging.getLogger(__name__)

BUCKET: Final = "didymium"
KEY: Final = "tag_ids"


class _Table(msgspec.Struct):
    paths: list[str]
    ids: list[int]


_TABLE: Final = msgspec.json.Decoder(_Table)


async def put_ids(url: str, paths: Sequence[str], ids: TagIds) -> None:
    """At the centre: publish the ids of all tags, waiting for the spine if need be."""
    table = msgspec.json.encode(_Table(list(paths), ids.ids.tolist()))
    while True:
        over = asyncio.Event()
        client = await connect_forever(url, "tag ids", over.set)
        try:
            jetstream = client.jetstream()
            try:
                bucket = await jetstream.key_value(BUCKET)
            except BucketNotFoundError:
                bucket = await jetstream.create_key_value(bucket=BUCKET, history=1)
            await bucket.put(KEY, table)
        except (APIError, *CONNECTION_ERRORS) as error:
            LOG.warning("tag ids not published yet: %s", error)
        else:
            return
        finally:
            await close(client)
        await asyncio.sleep(RETRY_S)


async def wait_ids(url: str, domain: str, paths: Sequence[str], cache: Path) -> TagIds:
    """At an edge: return the ids of ``paths``, in that order, as the centre at ``domain`` gave them.

    The answer is kept in the file ``cache`` and taken from there when the centre cannot be asked; ids never change
    once given, so an old answer is as good as a new one for the paths that it has. Waits until every path has an id.
    """
    said = False
    while True:
        table = await _ask(url, domain)
        if table is not None:
            await asyncio.to_thread(_keep, cache, table)
        else:
            table = await asyncio.to_thread(_kept, cache)
        if table is not None:
            known = dict(zip(table.paths, table.ids, strict=True))
            missing = [path for path in paths if path not in known]
            if not missing:
                return TagIds(np.array([known[path] for path in paths], np.uint32))
            if not said:
                LOG.warning("%d tags have no id yet (%s ...): waiting for the centre", len(missing), missing[0])
                said = True
        await asyncio.sleep(RETRY_S)


async def _ask(url: str, domain: str) -> _Table | None:
    try:
        client = await connect(url, "tag ids", lambda: None)
    except CONNECTION_ERRORS:
        return None
    try:
        bucket = await client.jetstream(domain=domain, timeout=2.0).key_value(BUCKET)
        entry = await bucket.get(KEY)
    except (NotFoundError, APIError, *CONNECTION_ERRORS):
        return None
    finally:
        await close(client)
    return _TABLE.decode(entry.value) if entry.value else None


def _kept(cache: Path) -> _Table | None:
    return _TABLE.decode(cache.read_bytes()) if cache.exists() else None


def _keep(cache: Path, table: _Table) -> None:
    cache.parent.mkdir(parents=True, exist_ok=True)
    part = cache.with_suffix(".part")
    with part.open("wb") as file:
        file.write(msgspec.json.encode(table))
        file.flush()
        os.fsync(file.fileno())
    part.replace(cache)
