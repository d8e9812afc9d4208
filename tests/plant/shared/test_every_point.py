"""While no line is down, no point is missing."""

from tests.installation import Installation


def test_nothing_is_missing_over_a_minute(installation: Installation):
    health = installation.wait_for("a minute", lambda health: health["expected_today"] > 18_947 * 60, 90)
    assert health["points_per_s"] > 18_000
    completeness = installation.ask("/api/data-health")["completeness"]
    assert all(gap["cause"] for gap in completeness["gaps"])
    assert completeness["today"]["received"] >= 0.999 * completeness["today"]["expected"]
