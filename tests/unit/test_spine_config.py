"""The servers' configuration says what the guarantees rest on."""

from __future__ import annotations

from pathlib import Path

import pytest

from didymium.spine.config import SpineConfig, config_text, edge_config
from tests.two_sites import two_sites


def config(**changes: object) -> SpineConfig:
    given = {
        "name": "hub",
        "domain": "centre",
        "store_folder": Path("/data/spine"),
        "log_path": Path("/data/logs/nats.log"),
        "client_port": 1,
        "monitor_port": 2,
    }
    return SpineConfig(**{**given, **changes})  # type: ignore[arg-type]


def test_every_batch_is_synced_and_everything_listens_on_loopback_only() -> None:
    text = config_text(config(mqtt_port=3, leaf_port=4))
    assert "sync_interval: always" in text
    assert [line for line in text.splitlines() if "listen" in line or line.startswith("http")] == [
        'listen: "127.0.0.1:1"',
        'http: "127.0.0.1:2"',
        'mqtt { listen: "127.0.0.1:3" }',
        'leafnodes { listen: "127.0.0.1:4", no_advertise: true }',
    ]


def test_a_leaf_dials_its_hub() -> None:
    text = config_text(config(hub_url="nats-leaf://10.0.0.1:8613"))
    assert 'remotes: [ { url: "nats-leaf://10.0.0.1:8613" } ]' in text
    assert "mqtt" not in text


def test_a_path_with_quotes_and_spaces_stays_one_string() -> None:
    text = config_text(config(store_folder=Path('/my "data"/spine')))
    assert r'store_dir: "/my \"data\"/spine"' in text


def test_a_remote_site_gets_its_own_domain_disk_and_broker() -> None:
    plant, _ = two_sites()
    text = edge_config(plant, "S02", "nats-leaf://hub.example:8613")
    assert 'domain: "S02"' in text
    assert "sync_interval: always" in text
    assert 'remotes: [ { url: "nats-leaf://hub.example:8613" } ]' in text
    assert "2 tags" in text
    with pytest.raises(KeyError):
        edge_config(plant, "S99", "nats-leaf://hub.example:8613")
