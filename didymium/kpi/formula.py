"""Formulas of KPIs: ``changes(TAP_WT) / (k * integral(CUR_PV))``, over what tags did in a window of time.

A formula has functions of tags (``functions.FUNCTIONS``), constants and other KPIs by their lower-case names,
``total(kpi)`` over the units of a site or the sites of the complex, ``hours()`` for the window's length,
``received()`` and ``expected()`` readings of a site, numbers, ``+ - * /``, ``min``, ``max`` and ``abs``. Everything
is reckoned in the dimension's own units (kg, m, s, W, A), so that sizes take care of themselves: kWh over kg is asked
for as kWh/t by the KPI's own ``unit``.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from didymium.kpi.conditions import ALWAYS, MOST_STATES, Condition, Test
from didymium.kpi.functions import FUNCTIONS, Says
from didymium.kpi.scopes import Namespace, NoTag, Tags
from didymium.model.dimension import NUMBER, Dimension, dimension, named, scale
from didymium.model.formula_functions import divided
from didymium.model.formula_text import FormulaText, multiplied, unmarked
from didymium.model.mistakes import did_you_mean
from didymium.model.plant import TemplateTag

Floats = NDArray[np.float64]

ARITHMETIC: Final[Mapping[type[ast.operator], Callable[[Floats, Floats], Floats]]] = {
    ast.Add: np.add, ast.Sub: np.subtract, ast.Mult: np.multiply, ast.Div: divided
}  # fmt: skip
TESTS: Final[Mapping[type[ast.cmpop], Test]] = {
    ast.Lt: Test.BELOW, ast.LtE: Test.AT_MOST, ast.Gt: Test.ABOVE, ast.GtE: Test.AT_LEAST, ast.Eq: Test.EQUAL,
    ast.NotEq: Test.UNEQUAL, ast.In: Test.AMONG, ast.NotIn: Test.NOT_AMONG,
}  # fmt: skip
ELEMENTWISE: Final[Mapping[str, Callable[[Floats, Floats], Floats]]] = {"min": np.fmin, "max": np.fmax}
WITHOUT_TAGS: Final[Mapping[str, Dimension]] = {"hours": {"s": 1}, "received": NUMBER, "expected": NUMBER}
"""Functions of the window itself, and their dimension."""
CALLED: Final = (*FUNCTIONS, *WITHOUT_TAGS, *ELEMENTWISE, "abs", "total")
WORDS: Final = "numbers, names, + - * /, and the functions " + ", ".join(CALLED)


@dataclass(frozen=True, slots=True)
class Input:
    """What a formula asks of tags; it is shown in ``unit``, and 1 of its parts is ``scale`` of the dimension's own."""

    text: str
    function: str
    condition: Condition
    tags: Tags
    unit: str
    scale: float


@dataclass(frozen=True, slots=True)
class Use:
    """What a formula takes from another KPI: its value in the same scope, or the ``total`` over all within."""

    kpi: str
    total: bool


@dataclass(frozen=True, slots=True)
class Given:
    """What a formula is reckoned from, (scopes,) each in the dimension's own units; as ``Formula`` lists them."""

    inputs: Sequence[Floats]
    uses: Sequence[Floats]
    window: Mapping[str, Floats]


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula that was read; its value is in ``dimension``'s own units. ``window`` are its functions without tags."""

    text: str
    inputs: tuple[Input, ...]
    uses: tuple[Use, ...]
    window: tuple[str, ...]
    dimension: Dimension | None
    value: Callable[[Given], Floats]


@dataclass(frozen=True, slots=True)
class Names:
    """What lower-case names mean: constants as their value in each scope and its unit, KPIs as their unit."""

    constants: Mapping[str, tuple[Floats, str]]
    kpis: Mapping[str, str]
    finer: frozenset[str]
    """KPIs of the units of a site, or of the sites of the complex: only their total can be asked for."""


@dataclass(frozen=True, slots=True)
class _Part:
    value: Callable[[Given], Floats]
    dimension: Dimension | None
    constant: Floats | None = field(default=None)


def read_formula(text: str, namespace: Namespace, names: Names, unit: str | None) -> Formula:
    """Return the formula in ``text``; its result must have the dimension of ``unit``, if any. Raises ``BadFormula``."""
    reader = _Reader(text, namespace, names)
    part = reader.part(reader.tree(), 0)
    reader.check_unit(part.dimension, unit)
    shaped = np.zeros(len(namespace.scopes))
    return Formula(
        text,
        tuple(reader.inputs),
        tuple(reader.uses),
        tuple(reader.window),
        part.dimension,
        lambda given: part.value(given) + shaped,
    )


def read_condition(text: str, namespace: Namespace) -> tuple[Tags, Condition]:
    """Return the tag and condition in ``text``, such as ``STEP == 'POUR'``. Raises ``BadFormula``."""
    reader = _Reader(text, namespace, Names({}, {}, frozenset()))
    return reader.condition(reader.tree())


class _Reader(FormulaText):
    """One reading of a formula's text."""

    def __init__(self, text: str, namespace: Namespace, names: Names) -> None:
        super().__init__(text)
        self.namespace, self.names = namespace, names
        self.inputs: list[Input] = []
        self.uses: list[Use] = []
        self.window: list[str] = []

    def part(self, node: ast.expr, depth: int) -> _Part:
        self.check_depth(node, depth)
        match node:
            case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
                held = np.full(len(self.namespace.scopes), self.number(node, number))
                return _Part(lambda _: held, None, held)
            case ast.Name(id=name):
                return self.name(node, name)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in ARITHMETIC:
                return self.arithmetic(node, self.part(left, depth + 1), op, self.part(right, depth + 1))
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                inner = self.part(operand, depth + 1)
                constant = None if inner.constant is None else -inner.constant
                return _Part(lambda given: -inner.value(given), inner.dimension, constant)
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
                return self.call(node, name, arguments, depth)
        return self.fail(node, f"this is not part of the language, which has {WORDS}")

    def name(self, node: ast.expr, name: str) -> _Part:
        if name in self.names.constants:
            values, unit = self.names.constants[name]
            held = values * scale(unit)
            return _Part(lambda _: held, dimension(unit), held)
        if name in self.names.finer:
            self.fail(node, f"this is a KPI of what lies within: write total({name})")
        if name in self.names.kpis:
            return self.used(Use(name, total=False))
        said = self.said(node)
        if said.isupper() or "[]" in said:
            self.fail(node, f"a tag stands within a function: mean({said}), growth({said})", said)
        known = (*self.names.constants, *self.names.kpis)
        return self.fail(node, did_you_mean(said, known, "there is no such constant and no such KPI"), said)

    def used(self, use: Use) -> _Part:
        if use not in self.uses:
            self.uses.append(use)
        place, unit = self.uses.index(use), self.names.kpis[use.kpi]
        return _Part(lambda given: given.uses[place], dimension(unit))

    def arithmetic(self, node: ast.expr, left: _Part, op: ast.operator, right: _Part) -> _Part:
        do = ARITHMETIC[type(op)]
        constant = None
        if left.constant is not None and right.constant is not None:
            constant = do(left.constant, right.constant)
        if isinstance(op, ast.Div) and right.constant is not None and (right.constant == 0.0).any():
            self.fail(node, "this divides by a constant that is 0")
        if isinstance(op, ast.Mult | ast.Div):
            unit = multiplied(left.dimension, right.dimension, op)
        else:
            unit = self.alike(node, (left, right))
        return _Part(lambda given: do(left.value(given), right.value(given)), unit, constant)

    def alike(self, node: ast.expr, parts: Sequence[_Part]) -> Dimension | None:
        """The one dimension of some parts; a number without a unit beside others is refused."""
        found = self.fitting(node, [part.dimension for part in parts])
        if found and any(part.dimension is None for part in parts):
            self.fail(node, f"a number beside {named(found)} has no unit; give it one as a constant of the KPI")
        return found

    def call(self, node: ast.Call, name: str, arguments: Sequence[ast.expr], depth: int) -> _Part:
        if name in WITHOUT_TAGS:
            if arguments:
                self.fail(node, f"{name}() takes nothing")
            if name not in self.window:
                self.window.append(name)
            return _Part(lambda given: given.window[name], WITHOUT_TAGS[name])
        if name == "total":
            return self.total(node, arguments)
        if name in ELEMENTWISE or name == "abs":
            return self.elementwise(node, name, [self.part(each, depth + 1) for each in arguments])
        if name not in FUNCTIONS:
            self.fail(node, did_you_mean(name, CALLED, "there is no such function"), name)
        return self.function(node, name, arguments)

    def total(self, node: ast.expr, arguments: Sequence[ast.expr]) -> _Part:
        match arguments:
            case [ast.Name(id=kpi)] if kpi in self.names.finer:
                return self.used(Use(kpi, total=True))
            case [ast.Name(id=kpi)] if kpi in self.names.kpis:
                self.fail(node, f"{kpi} is no KPI of what lies within: write it without total")
            case [ast.Name(id=kpi)]:
                self.fail(node, did_you_mean(kpi, sorted(self.names.finer), "there is no such KPI"), kpi)
        return self.fail(node, "total takes one KPI of the units of a site, or of the sites of the complex")

    def elementwise(self, node: ast.expr, name: str, parts: Sequence[_Part]) -> _Part:
        if len(parts) != (1 if name == "abs" else 2):
            self.fail(node, f"{name} takes {'one value' if name == 'abs' else 'two values'}")
        unit = self.alike(node, parts)
        if name == "abs":
            return _Part(lambda given: np.abs(parts[0].value(given)), unit)
        do = ELEMENTWISE[name]
        return _Part(lambda given: do(parts[0].value(given), parts[1].value(given)), unit)

    def function(self, node: ast.Call, name: str, arguments: Sequence[ast.expr]) -> _Part:
        says = FUNCTIONS[name].says
        if not 1 <= len(arguments) <= (2 if says is Says.MAYBE else 1):
            self.fail(node, f"{name} takes {'a condition on a tag' if says is Says.CONDITION else 'one tag'}")
        condition = ALWAYS
        if says is Says.CONDITION:
            tags, condition = self.condition(arguments[0])
        else:
            tags = self.tags(arguments[0])
            if len(arguments) == 2:
                filtered, condition = self.condition(arguments[1])
                if not np.array_equal(filtered.rows, tags.rows):
                    self.fail(arguments[1], "the condition is on the tag itself, on no other")
        unit, size, of = _answer(name, tags.like)
        found = Input(self.said(node), name, condition, tags, unit, size)
        texts = [each.text for each in self.inputs]
        if found.text not in texts:
            self.inputs.append(found)
            texts.append(found.text)
        place = texts.index(found.text)
        return _Part(lambda given: given.inputs[place], of)

    def tags(self, node: ast.expr) -> Tags:
        match node:
            case ast.Constant(value=str() as quoted_text):
                text, quoted = unmarked(quoted_text), True
            case ast.Name() | ast.Attribute():
                text, quoted = self.said(node), False
            case _:
                self.fail(node, "here stands a tag: its name in the unit, or 'UNIT*.TAG' in quotes")
        try:
            return self.namespace.tags(text, quoted)
        except NoTag as none:
            return self.fail(node, none.hint, text)

    def condition(self, node: ast.expr) -> tuple[Tags, Condition]:
        if not isinstance(node, ast.Compare):
            tags = self.tags(node)
            if (tags.like.low, tags.like.high) != (0.0, 1.0):
                self.fail(node, "this is neither true nor false; compare it with something, such as > 0")
            return tags, Condition(Test.EQUAL, 1.0)
        if len(node.ops) != 1 or type(node.ops[0]) not in TESTS:
            self.fail(node, "a condition is one comparison of a tag: < <= > >= == != in, not in")
        tags, right, test = self.tags(node.left), node.comparators[0], TESTS[type(node.ops[0])]
        if test in (Test.AMONG, Test.NOT_AMONG):
            if not isinstance(right, ast.Tuple | ast.List) or not right.elts:
                self.fail(right, "after 'in' stand the states in brackets: ('MELT', 'POUR')")
            states = 0
            for each in right.elts:
                value = self.state(tags.like, each)
                if not (value.is_integer() and 0.0 <= value < MOST_STATES):
                    self.fail(each, f"a state is a whole number from 0 to {MOST_STATES - 1}")
                states |= 1 << int(value)
            return tags, Condition(test, 0.0, states)
        return tags, Condition(test, self.state(tags.like, right))

    def state(self, tag: TemplateTag, node: ast.expr) -> float:
        """The number that a state in quotes or a number stands for."""
        match node:
            case ast.Constant(value=str() as state):
                if not tag.labels:
                    self.fail(node, f"{tag.name} has no states; compare it with a number in {tag.unit or 'its unit'}")
                if state not in tag.labels:
                    self.fail(node, did_you_mean(state, tag.labels, f"{tag.name} has no such state"), state)
                return tag.low + tag.labels.index(state)
            case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
                return float(number)
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
                return -float(number)
        return self.fail(node, "a tag is compared with a number or a state in quotes")


def shown_in(name: str, tag: TemplateTag) -> str:
    """Return the unit that the answer of a function of such a tag is shown in."""
    return _answer(name, tag)[0]


def _answer(name: str, tag: TemplateTag) -> tuple[str, float, Dimension]:
    """Return the unit that a function's answer is shown in, the size of one of its parts, and its dimension."""
    function = FUNCTIONS[name]
    of = NUMBER if tag.labels else dimension(tag.unit)
    unit = function.dimension(of)
    if not function.scaled:
        return ("h" if unit else ""), 1.0, unit
    size = 1.0 if tag.labels else scale(tag.unit)
    return (_by_hour(tag.unit) if name == "integral" else tag.unit), size, unit


def _by_hour(unit: str) -> str:
    """The unit of a value times hours: ``m³`` of ``m³/h``, ``kWh`` of ``kW``, ``kA·h`` of ``kA``."""
    for rate in ("/h", "/min", "/s"):
        if unit.endswith(rate):
            return unit.removesuffix(rate)
    return f"{unit}h" if unit in ("W", "kW", "MW", "kvar", "Mvar") else f"{unit}·h" if unit else "h"
