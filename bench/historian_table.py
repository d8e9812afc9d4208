"""The historian's figures beside their goals, and beside the figures of other stores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure and its goal: at most ``limit``, or at least where ``least``. ``words`` say it in the table."""

    key: str
    words: str
    limit: float
    least: bool = False

    def missed(self, figure: float | None) -> bool:
        """A figure that is not there is a goal missed."""
        if figure is None:
            return True
        return figure < self.limit if self.least else figure > self.limit


GOALS: Final = (
    Goal("ingest_points_per_s", "ingest, durable, points/s", 10e6, least=True),
    Goal("bytes_per_point", "bytes per point, time and status with it", 0.80),
    Goal("one_tag_raw_24h_ms", "one tag, raw, ms", 5.0),
    Goal("one_tag_1000_buckets_ms", "one tag in 1,000 buckets, ms", 4.0),
    Goal("fifty_tags_1000_buckets_ms", "50 tags in 1,000 buckets, ms", 60.0),
    Goal("newest_all_ms", "newest value of all tags, ms", 5.0),
    Goal("sites_day_ms", "aggregate per site over all tags, ms", 400.0),
    Goal("one_tag_p99_under_load_ms", "one tag under load, 99th percentile, ms", 25.0),
    Goal("part13_1000_tags_24h_1h_s", "TimeAverage of 1,000 tags, 24 intervals, s", 3.0),
)
KEYS: Final = tuple(goal.key for goal in GOALS)
PEER_GOALS: Final = GOALS[:8]
"""What other stores are asked too."""
SMALLER_THAN: Final = "victoria_metrics"


def goals_missed(figures: Mapping[str, Any]) -> bool:
    """Whether any goal is."""
    return any(goal.missed(figures[goal.key]) for goal in GOALS)


def size_goal_missed(peers: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether VictoriaMetrics, where it was measured, is as small on the same points."""
    other = peers.get(SMALLER_THAN, {}).get("bytes_per_point")
    return other is not None and peers["didymium"]["bytes_per_point"] >= other


def table(figures: Mapping[str, Any]) -> str:
    """The goals, what was measured, and whether that will do."""
    lines = [f"\n{figures['points']:,} points, {figures['hours']:g} h of the twin's day; {figures['version']}", ""]
    lines.append(f"{'':44}{'measured':>14}{'99 %':>10}{'goal':>14}")
    for goal in GOALS:
        figure = figures[goal.key]
        tail = figures.get(f"{goal.key.removesuffix('_ms')}_p99_ms")
        limit = f"{'≥' if goal.least else '≤'} {number(goal.limit)}"
        verdict = "MISSED" if goal.missed(figure) else "ok"
        lines.append(f"{goal.words:44}{number(figure):>14}{number(tail, ''):>10}{limit:>14}  {verdict}")
    split = ", ".join(f"{name} {size:g}" for name, size in figures["bytes_per_point_by_column"].items())
    jittered = figures["jittered"]
    before = f"{figures['bytes_per_point_before_optimize']:g} in {figures['parts_before_optimize']} parts"
    facts = {
        "CPU of ingest, s per million points": f"{figures['ingest_cpu_s_per_million']:g}",
        "rollup, merging, OPTIMIZE, s": f"{figures['roll_s']:g}, {figures['merge_s']:g}, {figures['optimize_s']:g}",
        "peak memory, GB": f"{figures['peak_rss_gb']:g}",
        "bytes per point by column": split,
        "bytes per point before OPTIMIZE": before,
        f"the same, times off by {jittered['jitter_us'] / 1e3:g} ms": f"{jittered['bytes_per_point']:g}",
        "import, points/s": number(figures["import_points_per_s"]),
    }
    if "under_load_questions" in figures:
        asked, stored_s = figures["under_load_questions"], figures["under_load_seconds_stored"]
        facts["questions under load"] = f"{asked:,} while {stored_s} s of all tags arrived"
    lines += ["", *(f"{name:44}{fact}" for name, fact in facts.items())]
    return "\n".join(lines)


def beside(peers: Mapping[str, Mapping[str, Any]]) -> str:
    """One column per store; ×: times and bytes theirs to ours, rates ours to theirs, so above 1 we are better."""
    there = {name: figures for name, figures in peers.items() if "version" in figures}
    ours = there["didymium"]
    lines = [
        f"\nThe same {ours['points']:,} points, {ours['hours']:g} h; ×: how many times better the historian is",
        "",
    ]
    lines.append(f"{'':44}" + "".join(f"{name:>24}" for name in there))
    for goal in PEER_GOALS:
        cells = []
        for name, figures in there.items():
            figure = figures[goal.key]
            ratio = ours[goal.key] / figure if goal.least else figure / ours[goal.key]
            cells.append(number(figure) + (f" ×{ratio:.2g}" if name != "didymium" else ""))
        lines.append(f"{goal.words:44}" + "".join(f"{cell:>24}" for cell in cells))
    verdict = "MISSED" if size_goal_missed(peers) else "ok"
    if SMALLER_THAN in there:
        lines += ["", f"smaller than {SMALLER_THAN} on the same points: {verdict}"]
    lines.append("")
    lines += [f"{name} {figures['version']}: {figures['note']}" for name, figures in there.items()]
    for name, figures in peers.items():
        if "install" in figures:
            lines.append(f"{name} is not installed: {figures['install']}")
        elif "failed" in figures:
            lines.append(f"{name} has no figures: {figures['failed']}")
    return "\n".join(lines)


def number(figure: float | None, missing: str = "none") -> str:
    """Three digits, or all of a large one."""
    if figure is None:
        return missing
    return f"{figure:,.0f}" if abs(figure) >= 1000 else f"{figure:.3g}"
