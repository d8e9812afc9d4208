"""A killed process, a second start beside the first, a clean stop and a start afterwards."""

import os
import signal

from tests.installation import Installation, running


def test_a_killed_edge_is_started_again(installation: Installation):
    before = installation.ask("/api/health")["processes"]["edge"]
    os.kill(before["pid"], signal.SIGKILL)
    after = installation.wait_for(
        "the edge's new life",
        lambda health: health["processes"]["edge"]["pid"] not in (None, before["pid"]) and health["status"] == "ok",
    )
    assert after["processes"]["edge"]["restarts"] == before["restarts"] + 1


def test_a_second_instance_on_the_same_folder_is_refused(installation: Installation):
    refused = installation.didymium("up")
    assert refused.returncode == 1
    assert "is in use by process" in refused.stderr


def test_a_stop_loses_nothing_and_a_second_start_goes_on(installation: Installation):
    count = "SELECT count() AS n FROM points"
    installation.process.send_signal(signal.SIGINT)
    assert installation.process.wait(60) == 0
    stored = installation.didymium("query", count)
    assert stored.returncode == 0, stored.stderr
    with running(installation.folder, "--no-twin", port_offset=installation.port_offset) as again:
        health = again.wait_for("the second start", lambda health: health["tags"] == 18_947)
        assert health["sites"] == 24
        kept = again.didymium("query", count)
        assert kept.stdout == stored.stdout
