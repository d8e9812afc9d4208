"""What a gross error is, in words of both languages."""

from __future__ import annotations

from didymium.balance.hypotheses import Hypothesis, Kind
from didymium.balance.sheets import Sheet
from didymium.model.plant import Text

OUTSIDE = Text("outside", "界外")


def name_of(sheet: Sheet, hypothesis: Hypothesis) -> Text:
    """The meters or nodes that a hypothesis is about, and what would be wrong with them."""
    if hypothesis.kind is Kind.BIAS:
        name = sheet.streams[hypothesis.first].name
        if sheet.streams[hypothesis.first].gauging:
            return Text(f"{name.en}: wrongly gauged", f"{name.zh}：计量有误")
        return Text(f"{name.en}: the meter reads wrong", f"{name.zh}：仪表读数有偏差")
    if hypothesis.kind is Kind.LEAK:
        name = sheet.nodes[hypothesis.first].name
        return Text(f"{name.en}: something is lost or gained unseen", f"{name.zh}：有未计量的流失或流入")
    if hypothesis.kind is Kind.SWAP:
        one, other = sheet.streams[hypothesis.first].name, sheet.streams[hypothesis.second].name
        return Text(f"{one.en} and {other.en}: meters swapped", f"{one.zh}与{other.zh}：仪表接反")
    one, other = sheet.nodes[hypothesis.first].name, sheet.nodes[hypothesis.second].name
    return Text(f"{one.en} to {other.en}: a way past the meters", f"{one.zh}至{other.zh}：有绕过仪表的旁路")


def ends_of(sheet: Sheet, hypothesis: Hypothesis) -> tuple[str, str]:
    """The ids of the streams or nodes that a hypothesis is about, "" for none."""
    if hypothesis.kind in (Kind.BIAS, Kind.SWAP):
        second = sheet.streams[hypothesis.second].id if hypothesis.kind is Kind.SWAP else ""
        return sheet.streams[hypothesis.first].id, second
    return sheet.nodes[hypothesis.first].id, sheet.place(hypothesis.second)
