"""``didymium edge``: the connectors, and the publisher to the spine."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Sequence
from typing import Final

from didymium.acquire.agent import EdgeAgent
from didymium.acquire.clock import now_us
from didymium.acquire.connectors import connectors
from didymium.acquire.warm import warm
from didymium.model.folder import read_complex
from didymium.model.plant import Complex, Site
from didymium.model.readings import Readings
from didymium.service.errors import ServiceError
from didymium.service.instance import Instance, moved
from didymium.service.logs import write_logs
from didymium.spine import registry, watermark
from didymium.spine.config import HUB_DOMAIN
from didymium.spine.publisher import Publisher
from didymium.spine.reader import Reader

LOG: Final = logging.getLogger(__name__)

STREAM_BYTES: Final = 8 * 1024**3
DRAIN_S: Final = 10.0


class UnknownSite(ServiceError):
    """The complex has no such site."""

    def __init__(self, site: str, known: Sequence[str]) -> None:
        super().__init__(f"the complex has no site {site!r}; it has {', '.join(known)}")
        self.site = site


def run(instance: Instance, site_ids: Sequence[str]) -> int:
    """Run until SIGINT or SIGTERM; the exit code."""
    write_logs()
    plant = moved(read_complex(instance.complex_folder), instance.port_offset)
    asyncio.run(_run(instance, plant, _chosen(plant, site_ids or instance.sites)))
    return 0


def _chosen(plant: Complex, site_ids: Sequence[str]) -> list[Site]:
    for site in site_ids:
        if site not in plant.site_of:
            raise UnknownSite(site, list(plant.site_of))
    return [site for site in plant.sites if not site_ids or site.id in site_ids]


async def _run(instance: Instance, plant: Complex, sites: list[Site]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    working = asyncio.create_task(_work(instance, plant, sites), name="edge")
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait({working, stopped}, return_when=asyncio.FIRST_COMPLETED)
    if working.done():
        working.result()
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)


async def _work(instance: Instance, plant: Complex, sites: list[Site]) -> None:
    cache = instance.edge_folder / "tag-ids.json"
    ids = await registry.wait_ids(instance.spine, HUB_DOMAIN, plant.tags.path, cache)
    warm(plant, ids, now_us())
    publisher = Publisher(instance.spine, instance.edge, now_us(), STREAM_BYTES)
    agent = EdgeAgent(
        plant,
        ids,
        publisher.publish,
        publisher.publish_state,
        instance.edge_folder,
        edge=instance.edge,
        connectors=connectors(plant, ids, sites, instance.edge_folder),
    )
    publishing = asyncio.create_task(publisher.run(), name="publisher")
    forgetting = asyncio.create_task(
        watermark.forget(instance.spine, instance.edge, lambda: agent.saved_sequence), name="watermark"
    )
    try:
        await _recover(instance, agent, publisher)
        LOG.info("edge %s: %d sites", instance.edge, len(sites))
        await agent.run()
    finally:
        try:
            await asyncio.wait_for(publisher.drain(), DRAIN_S)
        except TimeoutError:
            LOG.warning("stopped with %d messages that the spine did not take", publisher.unacked)
        for task in (publishing, forgetting):
            task.cancel()
        await asyncio.gather(publishing, forgetting, return_exceptions=True)


async def _recover(instance: Instance, agent: EdgeAgent, publisher: Publisher) -> None:
    """Tell the agent what its own stream holds beyond its checkpoint, so that nothing is published twice."""
    while publisher.trouble:  # noqa: ASYNC110 - it is up within a second, and its state has no bell
        await asyncio.sleep(0.05)
    domain = instance.edges.get(instance.edge, HUB_DOMAIN)
    known = agent.recovered_sequence
    reader = Reader(instance.spine, instance.edge, domain, known + 1 if known else 0)
    following = asyncio.create_task(reader.run(), name="own stream")
    try:
        while (lag := await reader.lag()) is None or lag.messages:
            for delivery in await reader.pull(256, 0.05):
                if isinstance(delivery.content, Readings):
                    agent.recover(delivery.content, delivery.seq)
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
