"""The centre tells each edge what the historian has for good; the edge then forgets it.

The message is repeated and only ever grows, so that a lost one costs nothing but disk at the edge.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.errors import APIError

from didymium.spine import subjects
from didymium.spine.connection import CONNECTION_ERRORS, RETRY_S, close, connect_forever

LOG: Final = logging.getLogger(__name__)

TELL_EVERY_S: Final = 1.0
PURGE_EVERY_S: Final = 5.0


async def tell(url: str, durable_seqs: Callable[[], dict[str, int]]) -> None:
    """At the centre: repeat every edge's newest durable sequence until cancelled."""
    while True:
        over = asyncio.Event()
        client = await connect_forever(url, "watermark", over.set)
        try:
            while not over.is_set():
                for edge, seq in durable_seqs().items():
                    await client.publish(subjects.watermark(edge), str(seq).encode())
                await asyncio.sleep(TELL_EVERY_S)
        except CONNECTION_ERRORS as error:
            LOG.debug("watermark: %s", error)
        finally:
            await close(client)
        await asyncio.sleep(RETRY_S)


async def forget(url: str, edge: str, keep_after_seq: Callable[[], int]) -> None:
    """At the edge: purge its stream up to the smaller of the watermark and ``keep_after_seq()``, until cancelled.

    ``keep_after_seq`` is the last sequence that the edge itself needs no more: its checkpoint's, and never beyond
    what it knows to be acknowledged.
    """
    while True:
        over = asyncio.Event()
        client = await connect_forever(url, f"edge {edge} watermark", over.set)
        try:
            await _forget_session(client, edge, keep_after_seq, over)
        except APIError as error:
            LOG.warning("edge %s: its stream cannot be purged: %s", edge, error.description)
        except CONNECTION_ERRORS as error:
            LOG.debug("edge %s watermark: %s", edge, error)
        finally:
            await close(client)
        await asyncio.sleep(RETRY_S)


async def _forget_session(client: Client, edge: str, keep_after_seq: Callable[[], int], over: asyncio.Event) -> None:
    durable_seq = 0
    purged_seq = 0

    async def told(message: Msg) -> None:
        nonlocal durable_seq
        if message.data.isdigit():
            durable_seq = max(durable_seq, int(message.data))

    await client.subscribe(subjects.watermark(edge), cb=told)
    while not over.is_set():
        seq = min(durable_seq, keep_after_seq())
        if seq > purged_seq:
            await client.jetstream().purge_stream(subjects.stream(edge), seq=seq + 1)
            purged_seq = seq
        try:
            await asyncio.wait_for(over.wait(), PURGE_EVERY_S)
        except TimeoutError:
            continue
