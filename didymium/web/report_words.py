"""The words of a shift's report, in the languages of the plant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

LANGUAGES: Final = ("en", "zh")

WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "title": ("Shift report", "班报"),
    "all": ("All sites", "全部厂区"),
    "so_far": ("The shift is still running: as of {time}", "本班未结束：截至 {time}"),
    "span": ("{begin} to {end}, {zone}", "{begin} 至 {end}，{zone}"),
    "page": ("Page {at} of {of}", "第 {at} 页，共 {of} 页"),
    "more": ("and {n} more; the spreadsheet has all of them", "另有 {n} 条，全部见电子表格"),
    "summary": ("In short", "概要"),
    "item": ("Item", "项目"),
    "value": ("Value", "数值"),
    "shift": ("Shift", "班次"),
    "site": ("Site", "厂区"),
    "outside": ("Key figures outside plan or target", "超出计划或目标的指标"),
    "told": ("Alarms told", "报警条数"),
    "open_count": ("Alarms open at the end", "交班时未关闭的报警"),
    "shelved_count": ("Alarms shelved or out of service", "搁置或停用的报警"),
    "tripped_count": ("Interlocks tripped", "动作的联锁"),
    "bypassed_count": ("Interlocks bypassed", "旁路的联锁"),
    "received": ("Readings received", "收到的数据"),
    "expected": ("Readings expected", "应收的数据"),
    "completeness": ("Completeness", "完整率"),
    "kpis": ("Key figures", "关键指标"),
    "kpis_none": ("No key figure is defined.", "未定义指标。"),
    "group": ("Group", "类别"),
    "figure": ("Figure", "指标"),
    "scope": ("Place", "范围"),
    "unit_of_measure": ("Unit", "单位"),
    "plan": ("Plan", "计划"),
    "target": ("Target", "目标"),
    "before": ("Yesterday", "昨日"),
    "complete": ("Data", "数据"),
    "verdict": ("Verdict", "评价"),
    "remark": ("Remark", "备注"),
    "revised": ("changed by late data", "迟到数据已修订"),
    "production": ("Production", "生产"),
    "quality": ("Quality", "质量"),
    "energy": ("Energy", "能源"),
    "water": ("Water", "水"),
    "availability": ("Availability", "可用率"),
    "data": ("Data", "数据"),
    "ok": ("■ well", "■ 正常"),
    "warn": ("▲ near the edge", "▲ 临界"),
    "bad": ("◆ outside", "◆ 超限"),
    "unknown": ("○ too little data", "○ 数据不足"),
    "open": ("Alarms open at the end", "交班时未关闭的报警"),
    "open_none": ("No alarm was open.", "没有未关闭的报警。"),
    "priority": ("Priority", "优先级"),
    "state": ("State", "状态"),
    "since": ("Since", "起始"),
    "until": ("Until", "截止"),
    "place": ("Place", "位置"),
    "alarm": ("Alarm", "报警"),
    "path": ("Path", "路径"),
    "condition": ("Condition", "条件"),
    "who": ("Who", "人员"),
    "reason": ("Reason", "原因"),
    "critical": ("Critical", "紧急"),
    "high": ("High", "高"),
    "medium": ("Medium", "中"),
    "low": ("Low", "低"),
    "unack": ("Unacknowledged", "未确认"),
    "acked": ("Acknowledged", "已确认"),
    "rtn_unack": ("Gone, unacknowledged", "已恢复未确认"),
    "latched": ("Latched", "已锁存"),
    "shelved": ("Shelved", "已搁置"),
    "out_of_service": ("Out of service", "已停用"),
    "top": ("Told most often", "报警最多"),
    "top_none": ("No alarm was told.", "没有报警。"),
    "times": ("Times", "次数"),
    "share": ("Share", "占比"),
    "away": ("Shelved and out of service", "搁置与停用"),
    "away_none": ("No alarm is shelved or out of service.", "没有搁置或停用的报警。"),
    "floods": ("Floods", "报警洪水"),
    "floods_none": ("No position had more than ten alarms in ten minutes.", "没有岗位十分钟内超过十条报警。"),
    "position": ("Position", "岗位"),
    "begin": ("From", "自"),
    "end": ("To", "至"),
    "alarms": ("Alarms", "报警"),
    "interlocks": ("Interlocks", "联锁"),
    "tripped": ("Interlocks that tripped", "动作的联锁"),
    "tripped_none": ("No interlock tripped.", "没有联锁动作。"),
    "bypassed": ("Interlocks bypassed at the end", "交班时旁路的联锁"),
    "bypassed_none": ("No interlock is known to be bypassed.", "没有已知旁路的联锁。"),
    "interlock": ("Interlock", "联锁"),
    "what": ("What", "内容"),
    "handover": ("Handover", "交接班"),
    "handover_none": ("Nothing was written for the next shift.", "没有交接事项。"),
    "time": ("Time", "时间"),
    "text": ("Note", "事项"),
}


class Words:
    """Words in one language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._place = LANGUAGES.index(language)

    def __call__(self, word: str, **given: object) -> str:
        """What a word is called, with what belongs into it."""
        return WORDS[word][self._place].format(**given)

    def of(self, text: Mapping[str, str]) -> str:
        """A text of both languages in this one."""
        return text[self.language]
