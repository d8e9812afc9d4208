"""Claims of a complex, ready to be put to the test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from didymium.evidence.formula import Condition, Formula
from didymium.model.plant import Text


class Source(StrEnum):
    """How an input is known."""

    PUBLISHED = "published"
    ASSUMED = "assumed"
    CALCULATED = "calculated"


class Kind(StrEnum):
    """Where the value of the running plant that stands beside a claim comes from."""

    KPI = "kpi"
    HEADLINE = "headline"
    FLOW = "flow"


class Verdict(StrEnum):
    """What a test came to: see ``testing``."""

    OK = "ok"
    OK_IF = "ok_if"
    LOOSE = "loose"
    TENSION = "tension"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Input:
    """A value that claims start from, in ``unit``; it can be tried from ``low`` to ``high``, by ``step``.

    Where ``low`` is ``high`` it is a constant, and ``step`` is 0. ``mark`` is the first word of ``source``: A1, A2 the
    articles, S:n looked up, C computed, K general knowledge, A assumed.
    """

    name: str
    label: Text
    unit: str
    value: float
    low: float
    high: float
    step: float
    origin: Source
    source: str

    @property
    def mark(self) -> str:
        return self.source.split(",")[0].split()[0]


@dataclass(frozen=True, slots=True)
class Step:
    """A figure that follows from inputs and steps further up."""

    name: str
    label: Text
    unit: str
    decimals: int
    formula: Formula


@dataclass(frozen=True, slots=True)
class Live:
    """What the running plant says of a figure: of the claim's value where ``of`` is "value", else an input or step.

    A live value times ``factor`` is in ``unit``, that of the figure.
    """

    kind: Kind
    id: str
    scope: str
    of: str
    unit: str
    factor: float


@dataclass(frozen=True, eq=False)
class Claim:
    """One claim. ``low`` and ``high`` bound its value; None leaves that side open.

    ``untestable`` says why it cannot be tested as written, ``tension`` what reconciles it with the others,
    ``condition`` what it stands under: each where its ``_when`` holds, always where that is None.
    ``expects`` is the verdict that the reference gives: tests compare it, nothing is decided by it.
    """

    id: str
    name: Text
    published: Text
    source: str
    inputs: tuple[Input, ...]
    steps: tuple[Step, ...]
    unit: str
    decimals: int
    formula: Formula
    low: Formula | None
    high: Formula | None
    untestable: Text | None
    untestable_when: Condition | None
    tension: Text | None
    tension_when: Condition | None
    condition: Text | None
    condition_when: Condition | None
    live: Live | None
    expects: str

    @cached_property
    def input_of(self) -> Mapping[str, Input]:
        """Name to input."""
        return {each.name: each for each in self.inputs}


@dataclass(frozen=True)
class Claims:
    """All claims in the order of the file."""

    claims: tuple[Claim, ...]

    @cached_property
    def of(self) -> Mapping[str, Claim]:
        """Id to claim."""
        return {claim.id: claim for claim in self.claims}
