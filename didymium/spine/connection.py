"""One connection to a nats-server, without the client's own reconnecting.

The client's reconnect sends again what it had buffered, behind the back of whoever counts sequences. Publisher and
reader therefore work in sessions: a session is one connection, and when it ends they look at the stream and begin anew.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final

import nats.errors
from nats.aio.client import Client

LOG: Final = logging.getLogger(__name__)

CONNECT_LIMIT_S: Final = 2
CLOSE_LIMIT_S: Final = 2
RETRY_S: Final = 0.2

CONNECTION_ERRORS: Final = (nats.errors.Error, OSError, TimeoutError)
"""What the client raises when the server is away, refuses or does not answer."""


async def connect(url: str, name: str, on_lost: Callable[[], None]) -> Client:
    """Connect once; ``on_lost`` is called when this connection has ended. Raises one of ``CONNECTION_ERRORS``."""

    async def lost() -> None:
        on_lost()

    async def note(error: Exception) -> None:
        LOG.debug("%s: %s", name, error)

    client = Client()
    await client.connect(
        url,
        name=name,
        allow_reconnect=False,
        max_reconnect_attempts=1,
        reconnect_time_wait=0,
        connect_timeout=CONNECT_LIMIT_S,
        ping_interval=5,
        max_outstanding_pings=2,
        pending_size=64 * 1024 * 1024,
        closed_cb=lost,
        error_cb=note,
    )
    return client


async def connect_forever(url: str, name: str, on_lost: Callable[[], None]) -> Client:
    """Connect, trying again every ``RETRY_S`` until the server answers."""
    said = False
    while True:
        try:
            client = await connect(url, name, on_lost)
        except CONNECTION_ERRORS as error:
            if not said:
                LOG.warning("%s: no spine at %s (%s), trying again every %g s", name, url, error, RETRY_S)
                said = True
            await asyncio.sleep(RETRY_S)
        else:
            if said:
                LOG.info("%s: connected to the spine at %s", name, url)
            return client


async def close(client: Client) -> None:
    """Close the connection; one that is broken, or to a server that reads no more, is as good as closed."""
    try:
        await asyncio.wait_for(client.close(), CLOSE_LIMIT_S)
    except CONNECTION_ERRORS as error:
        LOG.debug("closing a broken connection: %s", error)
