"""The installation that the tests of this folder share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.installation import Installation, running


@pytest.fixture(scope="package")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with running(tmp_path_factory.mktemp("installation"), "--history-hours", "0.05") as one:
        one.wait_for("every site", lambda health: health["status"] == "ok" and health["points_today"] > 2 * 18_947)
        yield one
