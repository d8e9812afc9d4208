"""Formulas of claims: ``metal / cells / (k * efficiency)``, over named values with units.

A formula has the names of inputs and of steps further up, numbers, ``+ - * /``, ``min(a, b)``, ``max(a, b)``,
``abs(a)`` and ``ceil(a)`` of a plain number. Everything is reckoned in the dimension's own units (kg, m, s, W, A), so
that sizes take care of themselves. A condition compares such formulas, and joins comparisons by ``and``, ``or``,
``not``; what cannot be reckoned holds in no comparison.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from didymium.evidence.slopes import (
    Number,
    absolute,
    added,
    at_most,
    divided,
    greater,
    less,
    smaller,
    times,
    whole_above,
)
from didymium.model.dimension import NUMBER, Dimension, dimension, named, scale
from didymium.model.formula_text import FormulaText, multiplied
from didymium.model.mistakes import did_you_mean

Given = Mapping[str, Number]
"""Each name's value in its dimension's own units, with its slope."""

ARITHMETIC: Final[Mapping[type[ast.operator], Callable[[Number, Number], Number]]] = {
    ast.Add: added, ast.Sub: less, ast.Mult: times, ast.Div: divided
}  # fmt: skip
OF_TWO: Final[Mapping[str, Callable[[Number, Number], Number]]] = {"min": smaller, "max": greater}
OF_ONE: Final[Mapping[str, Callable[[Number], Number]]] = {"abs": absolute, "ceil": whole_above}
CALLED: Final = (*OF_TWO, *OF_ONE)
COMPARISONS: Final[Mapping[type[ast.cmpop], Callable[[float, float], bool]]] = {
    ast.LtE: at_most,
    ast.GtE: lambda left, right: at_most(right, left),
    ast.Lt: lambda left, right: left < right and not at_most(right, left),
    ast.Gt: lambda left, right: left > right and not at_most(left, right),
}
WORDS: Final = "numbers, names, + - * /, and the functions " + ", ".join(CALLED)
CONDITION_WORDS: Final = "comparisons with < <= > >=, joined by and, or, not"


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula that was read. ``names`` are those in it, once each; ``of`` reckons in the dimension's own units."""

    text: str
    names: tuple[str, ...]
    dimension: Dimension | None
    of: Callable[[Given], Number]


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition that was read; ``holds`` says whether it does."""

    text: str
    names: tuple[str, ...]
    holds: Callable[[Given], bool]


@dataclass(frozen=True, slots=True)
class _Part:
    """``dimension`` None fits all beside ``*`` and ``/``; ``constant`` is a number that stands in the text."""

    of: Callable[[Given], Number]
    dimension: Dimension | None
    constant: float | None = None


def read_formula(text: str, units: Mapping[str, str], unit: str) -> Formula:
    """Return the formula in ``text``; names have ``units``, the result must fit ``unit``. Raises ``BadFormula``."""
    reader = _Reader(text, units)
    part = reader.part(reader.tree(), 0)
    reader.check_unit(part.dimension, unit)
    if part.dimension is None:
        return constant(text, part.of({})[0], unit)
    return Formula(text, tuple(reader.names), part.dimension, part.of)


def constant(text: str, number: float, unit: str) -> Formula:
    """A number in ``unit`` as a formula."""
    held = (number * scale(unit), 0.0)
    return Formula(text, (), dimension(unit), lambda _: held)


def read_condition(text: str, units: Mapping[str, str]) -> Condition:
    """Return the condition in ``text``; names have ``units``. Raises ``BadFormula``."""
    reader = _Reader(text, units)
    holds = reader.truth(reader.tree(), 0)
    return Condition(text, tuple(reader.names), holds)


class _Reader(FormulaText):
    """One reading of a formula's text."""

    def __init__(self, text: str, units: Mapping[str, str]) -> None:
        super().__init__(text)
        self.units = units
        self.names: list[str] = []

    def part(self, node: ast.expr, depth: int) -> _Part:
        self.check_depth(node, depth)
        match node:
            case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
                held = (self.number(node, number), 0.0)
                return _Part(lambda _: held, None, held[0])
            case ast.Name(id=name):
                return self.name(node, name)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in ARITHMETIC:
                return self.arithmetic(node, self.part(left, depth + 1), op, self.part(right, depth + 1))
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                inner = self.part(operand, depth + 1)
                return _Part(lambda given: times((-1.0, 0.0), inner.of(given)), inner.dimension)
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
                return self.call(node, name, [self.part(each, depth + 1) for each in arguments])
        return self.fail(node, f"this is not part of the language, which has {WORDS}")

    def truth(self, node: ast.expr, depth: int) -> Callable[[Given], bool]:
        self.check_depth(node, depth)
        match node:
            case ast.BoolOp(op=op, values=values):
                parts = [self.truth(each, depth + 1) for each in values]
                join = all if isinstance(op, ast.And) else any
                return lambda given: join(part(given) for part in parts)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                inner = self.truth(operand, depth + 1)
                return lambda given: not inner(given)
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in COMPARISONS:
                return self.comparison(node, self.part(left, depth + 1), op, self.part(right, depth + 1))
        return self.fail(node, f"a condition is {CONDITION_WORDS}")

    def name(self, node: ast.expr, name: str) -> _Part:
        if name not in self.units:
            self.fail(node, did_you_mean(name, self.units, "there is no input and no step further up of this name"))
        if name not in self.names:
            self.names.append(name)
        return _Part(lambda given: given[name], dimension(self.units[name]))

    def arithmetic(self, node: ast.expr, left: _Part, op: ast.operator, right: _Part) -> _Part:
        do = ARITHMETIC[type(op)]
        if isinstance(op, ast.Div) and right.constant == 0.0:
            self.fail(node, "this divides by 0")
        if isinstance(op, ast.Mult | ast.Div):
            unit = multiplied(left.dimension, right.dimension, op)
        else:
            unit = self.alike(node, (left, right))
        return _Part(lambda given: do(left.of(given), right.of(given)), unit)

    def comparison(self, node: ast.expr, left: _Part, op: ast.cmpop, right: _Part) -> Callable[[Given], bool]:
        self.alike(node, (left, right))
        compare = COMPARISONS[type(op)]
        return lambda given: compare(left.of(given)[0], right.of(given)[0])

    def alike(self, node: ast.expr, parts: Sequence[_Part]) -> Dimension | None:
        """The one dimension of some parts; a number but 0 beside what has a unit is refused."""
        found = self.fitting(node, [part.dimension for part in parts])
        if found and any(part.dimension is None and part.constant != 0.0 for part in parts):
            self.fail(node, f"a number beside {named(found)} has no unit; make it an input, with its unit")
        return NUMBER if found is None and any(part.dimension is not None for part in parts) else found

    def call(self, node: ast.Call, name: str, parts: Sequence[_Part]) -> _Part:
        if name not in CALLED:
            self.fail(node, did_you_mean(name, CALLED, "there is no such function"), name)
        if len(parts) != (1 if name in OF_ONE else 2):
            self.fail(node, f"{name} takes {'one value' if name in OF_ONE else 'two values'}")
        unit = self.alike(node, parts)
        if name in OF_TWO:
            join = OF_TWO[name]
            return _Part(lambda given: join(parts[0].of(given), parts[1].of(given)), unit)
        if name == "ceil" and unit:
            self.fail(node, f"ceil is of a plain number, not of {named(unit)}: of which unit would be whole?")
        do = OF_ONE[name]
        return _Part(lambda given: do(parts[0].of(given)), unit)
