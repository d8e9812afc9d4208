"""Words of notifications, in the languages of the people who get them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

from didymium.model.clock import local
from didymium.web.alarm_table import PRIORITIES

LISTED: Final = 40
"""Alarms that a digest names."""
WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "critical": "Critical", "high": "High", "medium": "Medium", "low": "Low", "told": "{priority}: {what}",
        "unacknowledged": "{priority}, not acknowledged for {minutes} min: {what}",
        "value": "Value {value}, limit {limit}", "do": "What to do: {what}",
        "since": "Active since {since}, told {told} ({zone})", "told_at": "Told {told} ({zone})",
        "flood": "{n} alarms from {begin} to {end}", "quiet": "{n} alarms in the quiet hours {begin} to {end}",
        "waiting": "{n} alarms not acknowledged for {minutes} min, at {end}", "more": "and {n} more",
        "footer": "didymium, rule {rule}. Alarm {alarm}", "digest_footer": "didymium, rule {rule}, {zone}",
        "test": "Test from didymium", "test_text": "This is a test of the target {target}. Nothing has happened.",
        "colon": ": ", "times": "{n} times",
    },
    "zh": {
        "critical": "紧急", "high": "高", "medium": "中", "low": "低", "told": "【{priority}】{what}",
        "unacknowledged": "【{priority}】{minutes} 分钟未确认：{what}", "value": "当前值 {value}，限值 {limit}",
        "since": "自 {since} 起，{told} 报警（{zone}）", "told_at": "{told} 报警（{zone}）", "do": "处置：{what}",
        "flood": "{begin} 至 {end} 共 {n} 条报警", "quiet": "免打扰时段 {begin} 至 {end} 共 {n} 条报警",
        "waiting": "{end} 有 {n} 条报警超过 {minutes} 分钟未确认", "more": "另有 {n} 条",
        "footer": "didymium，规则 {rule}。报警 {alarm}", "digest_footer": "didymium，规则 {rule}，{zone}",
        "test": "didymium 测试", "test_text": "这是对目标 {target} 的测试，没有发生任何事情。",
        "colon": "：", "times": "{n} 次",
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """One alarm of a digest: its id, priority in lower case, when it was told (µs UTC), and its words by language."""

    alarm: str
    priority: str
    told_us: int
    name: Mapping[str, str]
    condition: Mapping[str, str]


class Words:
    """Words in the plant's zone."""

    def __init__(self, zone: str) -> None:
        self._zone = zone
        self._info = ZoneInfo(zone)

    def single(self, facts: Mapping[str, Any]) -> tuple[str, str]:
        """Subject and text of one alarm."""
        language = facts["language"]
        said = _sayer(language)
        what = " ".join(filter(None, (facts["name"][language], facts["condition"][language])))
        minutes = (facts["at_us"] - facts["told_us"]) // 60_000_000
        priority = said(facts["priority"])
        subject = said(facts["kind"], priority=priority, what=what, minutes=minutes)
        lines = [subject, ""]
        if facts.get("value") is not None and facts.get("limit") is not None:
            measure = facts["unit_of_measure"]
            value, limit = (f"{facts[key]:g} {measure}".rstrip() for key in ("value", "limit"))
            lines.append(said("value", value=value, limit=limit))
        told = self._clock(facts["told_us"])
        if facts.get("since_us"):
            lines.append(said("since", since=self._clock(facts["since_us"]), told=told, zone=self._zone))
        else:
            lines.append(said("told_at", told=told, zone=self._zone))
        if facts["response"][language]:
            lines.append(said("do", what=facts["response"][language]))
        lines += ["", said("footer", rule=facts["rule"], alarm=facts["alarm"])]
        return subject, "\n".join(lines) + "\n"

    def digest(self, facts: Mapping[str, Any], told: Sequence[Told]) -> tuple[str, str]:
        """Subject and text of many alarms, the most urgent and newest first."""
        language = facts["language"]
        said = _sayer(language)
        minutes = facts["unacknowledged_us"] // 60_000_000
        form = "waiting" if minutes else facts["because"]
        begin, end = (self._clock(facts[key], seconds=False) for key in ("from_us", "to_us"))
        subject = said(form, n=len(told), begin=begin, end=end, minutes=minutes)
        counts = Counter(each.priority for each in told)
        lines = [subject, ""]
        lines += [f"{said(name)}{said('colon')}{counts[name]}" for name in PRIORITIES if counts[name]]
        often = Counter(each.alarm for each in told)
        newest = {each.alarm: each for each in sorted(told, key=lambda each: each.told_us)}
        order = sorted(newest.values(), key=lambda each: (-PRIORITIES[each.priority], -each.told_us))
        lines.append("")
        for each in order[:LISTED]:
            what = " ".join(filter(None, (each.name[language], each.condition[language])))
            times = f" ({said('times', n=often[each.alarm])})" if often[each.alarm] > 1 else ""
            lines.append(f"{self._clock(each.told_us)}  {said(each.priority)}  {what}{times}  {each.alarm}")
        if len(order) > LISTED:
            lines.append(said("more", n=len(order) - LISTED))
        lines += ["", said("digest_footer", rule=facts["rule"], zone=self._zone)]
        return subject, "\n".join(lines) + "\n"

    def _clock(self, at_us: int, *, seconds: bool = True) -> str:
        return local(at_us, self._info).strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")


def _sayer(language: str) -> Callable[..., str]:
    words = WORDS[language]

    def said(word: str, **given: object) -> str:
        return words[word].format(**given)

    return said


def words_of_trial(language: str, target: str) -> tuple[str, str]:
    """Subject and text of a trial."""
    said = _sayer(language)
    return said("test"), said("test_text", target=target) + "\n"
