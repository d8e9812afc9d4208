"""The whole installation is there: four protocols, every tag, history, commands."""

import time
from pathlib import Path

from tests.installation import Installation


def test_all_24_sites_and_18_947_tags_are_live_over_four_protocols(installation: Installation):
    health = installation.ask("/api/health")
    assert (health["sites"], health["tags"]) == (24, 18_947)
    edges = installation.ask("/api/data-health")["edges"]
    devices = [device for edge in edges for device in edge["devices"]]
    assert {device["protocol"] for device in devices} == {"opcua", "s7", "modbus", "sparkplug"}
    assert {device["site"] for device in devices if device["up"]} == {f"S{n:02}" for n in range(1, 25)}


def test_every_tag_has_a_present_value(installation: Installation):
    for site in installation.ask("/api/complex")["sites"]:
        group = f"/api/live?group=site:{site['id']}"
        assert len(installation.ask(group)["rows"]) == site["tags"], site["id"]
        installation.wait_for(f"tags of {site['id']}", lambda _, group=group: None not in installation.ask(group)["a"])


def test_history_before_the_start_is_in_the_trend(installation: Installation):
    installation.wait_for("the process list", lambda health: "twin" in health["processes"])
    now_us = time.time_ns() // 1_000
    series = installation.ask(
        f"/api/series?tags=S03.PL1.CELL001.VOLT_PV&from_us={now_us - 600_000_000}&to_us={now_us}&buckets=100"
    )["tags"][0]
    assert sum(series["count"]) > 120
    assert all(
        low <= mean <= high for low, mean, high in zip(series["min"], series["mean"], series["max"], strict=True)
    )


def test_commands_ask_the_running_centre(installation: Installation):
    asked = installation.didymium("query", "SELECT count() AS n FROM tags")
    assert asked.returncode == 0, asked.stderr
    assert "18947" in asked.stdout
    status = installation.didymium("status")
    assert "24 sites, 18,947 tags" in status.stdout, status.stdout + status.stderr
    refused = installation.didymium("query", "DROP TABLE points")
    assert refused.returncode == 1
    assert "refused" in refused.stderr.lower()


def test_export_writes_the_raw_rows(installation: Installation, tmp_path: Path):
    done = installation.didymium(
        "export", "S08.*.RO001.P_FEED", str(tmp_path / "out.csv"), "--from", "-30s", "--to", "now"
    )
    assert done.returncode == 0, done.stderr
    lines = (tmp_path / "out.csv").read_text().splitlines()
    assert lines[0].replace('"', "") == "path,time,value,status,flags"
    assert 20 <= len(lines) - 1 <= 31
