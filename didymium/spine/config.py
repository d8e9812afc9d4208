"""nats-server's configuration: the hub beside the centre, and the leaf node of a remote site."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from didymium.model.plant import Complex

HUB_DOMAIN: Final = "centre"
"""JetStream domain of the hub; a leaf's domain is its site."""

MAX_PAYLOAD_BYTES: Final = 8 * 1024 * 1024
LEAF_STORE_BYTES: Final = 32 * 1024**3


@dataclass(frozen=True, slots=True)
class SpineConfig:
    """One nats-server. A port of None leaves that listener out; ``hub_url`` makes the server a leaf of that hub.

    ``store_bytes`` bounds JetStream's files; the stream of readings may take half of it.
    """

    name: str
    domain: str
    store_folder: Path
    log_path: Path
    client_port: int
    monitor_port: int
    mqtt_port: int | None = None
    leaf_port: int | None = None
    hub_url: str | None = None
    host: str = "127.0.0.1"
    store_bytes: int = 16 * 1024**3

    @property
    def url(self) -> str:
        """Where clients connect."""
        return f"nats://{self.host}:{self.client_port}"

    @property
    def config_path(self) -> Path:
        return self.store_folder / "nats.conf"

    @property
    def listeners(self) -> tuple[tuple[int, str], ...]:
        """Port and what listens there."""
        chosen = (
            (self.client_port, "NATS clients"),
            (self.monitor_port, "NATS monitoring"),
            (self.mqtt_port, "MQTT broker"),
            (self.leaf_port, "NATS leaf nodes"),
        )
        return tuple((port, listener) for port, listener in chosen if port is not None)


def config_text(config: SpineConfig) -> str:
    """Return the file for ``nats-server --config``.

    ``sync_interval: always`` because an acknowledged batch must survive a power cut: the server's default
    writes to disk every two minutes. Pings find a link that was cut without a word within 15 s.
    """
    parts = [
        f"server_name: {json.dumps(config.name)}",
        f"listen: {json.dumps(f'{config.host}:{config.client_port}')}",
        f"http: {json.dumps(f'{config.host}:{config.monitor_port}')}",
        f"max_payload: {MAX_PAYLOAD_BYTES}",
        "max_pending: 268435456",
        'ping_interval: "5s"',
        "ping_max: 2",
        'write_deadline: "10s"',
        f"log_file: {json.dumps(str(config.log_path))}",
        "logfile_size_limit: 10485760",
        "logfile_max_num: 3",
        _jetstream(config.domain, str(config.store_folder), config.store_bytes),
    ]
    if config.mqtt_port is not None:
        parts.append(f"mqtt {{ listen: {json.dumps(f'{config.host}:{config.mqtt_port}')} }}")
    if config.leaf_port is not None:
        # Leaves come through tunnels: the hub's own address, told to them, would be another machine's loopback.
        parts.append(f"leafnodes {{ listen: {json.dumps(f'{config.host}:{config.leaf_port}')}, no_advertise: true }}")
    if config.hub_url is not None:
        parts.append(_leaf_of(config.hub_url))
    return "\n".join(parts) + "\n"


def edge_config(plant: Complex, site: str, hub_url: str) -> str:
    """Return the leaf-node file for a computer that stands at ``site`` and reaches the centre at ``hub_url``.

    The leaf keeps the site's readings on its own disk until the historian has them, so the link may fail for days.
    Raises ``KeyError`` when the complex has no such site.
    """
    place = plant.site_of[site]
    tags = int(place.count)
    return f"""\
# Leaf node of {place.id} {place.name.en} ({place.name.zh}), {tags} tags.
#
# 1. Install Didymium on the site's computer: nats-server comes with it. Put the complex folder beside it.
# 2. Save this file as didymium-data/spine/nats.conf and start: nats-server --config didymium-data/spine/nats.conf
# 3. The hub listens for leaf nodes on the centre's loopback (port 8613). Bring {hub_url} there through a tunnel that
#    proves both ends and encrypts, such as WireGuard, or: ssh -N -L 8613:127.0.0.1:8613 centre
# 4. Save as didymium-data/instance.toml, so that this edge reads its own site only:
#      edge = "{place.id}"
#      sites = ["{place.id}"]
#      edges = {{ {place.id} = "{place.id}" }}
# 5. Start the edge agent here: didymium edge --data didymium-data
# 6. At the centre name this edge in instance.toml: [edges] with {place.id} = "{place.id}" beside edge1 = "centre", and
#    list in sites what the centre's own edge still reads.
#
# Readings wait in didymium-data/spine for as long as the link is down, up to max_file_store.

server_name: "edge-{place.id}"
listen: "127.0.0.1:8610"
http: "127.0.0.1:8611"
max_payload: {MAX_PAYLOAD_BYTES}
max_pending: 268435456
ping_interval: "5s"
ping_max: 2
write_deadline: "10s"
{_jetstream(place.id, "didymium-data/spine", LEAF_STORE_BYTES)}
mqtt {{ listen: "127.0.0.1:8612" }}
{_leaf_of(hub_url)}
"""


def _jetstream(domain: str, store_folder: str, store_bytes: int) -> str:
    return (
        f"jetstream {{ domain: {json.dumps(domain)}, store_dir: {json.dumps(store_folder)}, "
        f"max_file_store: {store_bytes}, max_memory_store: 268435456, sync_interval: always }}"
    )


def _leaf_of(hub_url: str) -> str:
    return f'leafnodes {{ reconnect: "1s", remotes: [ {{ url: {json.dumps(hub_url)} }} ] }}'
