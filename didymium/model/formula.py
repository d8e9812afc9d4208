"""Formulas over tags, as a plant engineer writes them: ``avg(Z[]_T) - SP > 20 and STEP != 'IDLE'``.

A formula is read once for a template and evaluated for all units at a time. It has numbers, tags of the same unit,
families of them (``Z[]_T`` stands for ``Z1_T``, ``Z2_T``, ...), full paths of other tags, ``+ - * / %``, comparisons,
``and or not``, states in quotes, and the functions of ``FUNCTIONS``. Nothing else of Python can be said.

What is missing is NaN and stays so: a comparison with NaN is neither true nor false, and ``and``, ``or``, ``not``
follow Kleene's three-valued logic, so that a condition holds only where it is known to. Division by zero is NaN. Mean,
least and greatest of a family pass over its missing members; only when all are missing is the result NaN.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NoReturn

import numpy as np
from numpy.typing import NDArray

from didymium.model.dimension import NUMBER, Dimension, dimension, product
from didymium.model.formula_functions import ARITHMETIC, COMPARISONS, FUNCTIONS, OVER_FAMILIES, Floats, both, either, no
from didymium.model.formula_text import BadFormula, FormulaText, families, members, multiplied
from didymium.model.mistakes import did_you_mean, nearest
from didymium.model.plant import TemplateTag

WORDS: Final = "numbers, tags, states in quotes, + - * / %, comparisons, and or not, " + ", ".join((*FUNCTIONS, "rate"))
LONGEST_RATE_S: Final = 3600


@dataclass(frozen=True, slots=True)
class Input:
    """What a formula reads: a tag, or a family of tags; with ``rate_s`` its change per minute over it."""

    names: tuple[str, ...]
    family: bool
    rate_s: int = 0

    @property
    def width(self) -> int:
        """How many tags of a family, 0 for one tag."""
        return len(self.names) if self.family else 0


@dataclass(frozen=True, slots=True)
class Scope:
    """What a formula may name: ``tags`` of the unit by their own name, and ``paths`` of all tags of the complex."""

    tags: Mapping[str, TemplateTag]
    paths: Mapping[str, TemplateTag]


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula that was read. ``truth`` says that its result is 1, 0 or NaN for true, false or unknown."""

    text: str
    inputs: tuple[Input, ...]
    truth: bool
    dimension: Dimension | None
    _value: Callable[[Sequence[Floats]], Floats]

    def __call__(self, inputs: Sequence[Floats]) -> Floats:
        """Return (units,) results; ``inputs`` as ``self.inputs``, (units,) each, (width, units) of a family."""
        with np.errstate(all="ignore"):
            return self._value(inputs)


@dataclass(frozen=True, slots=True)
class _Part:
    """How to find a part's value, its family's width (0 for one value), its dimension (None fits all).

    ``number`` is what it always is, where it is a constant.
    """

    value: Callable[[Sequence[Floats]], Floats]
    width: int
    dimension: Dimension | None
    truth: bool = False
    tag: TemplateTag | None = None
    number: np.float64 | None = None


def read_formula(text: str, scope: Scope, unit: str | None = None) -> Formula:
    """Return the formula in ``text``; ``unit`` is the unit of measure that the result must have, if any.

    Raises ``BadFormula``.
    """
    reader = _Reader(text, scope)
    part = reader.part(reader.tree(), 0)
    if part.width:
        raise BadFormula(
            1, text, f"the result is a family of {part.width} values; put it into {' or '.join(OVER_FAMILIES)}"
        )
    reader.check_unit(part.dimension, unit)
    return Formula(text, tuple(reader.inputs), part.truth, part.dimension, part.value)


class _Reader(FormulaText):
    """One reading of a formula's text."""

    def __init__(self, text: str, scope: Scope) -> None:
        super().__init__(text)
        self.scope = scope
        self.inputs: list[Input] = []

    def part(self, node: ast.expr, depth: int) -> _Part:
        self.check_depth(node, depth)
        match node:
            case ast.Constant(value=bool() | str()):
                self.fail(node, "a state in quotes stands right of ==, != or in")
            case ast.Constant(value=int() | float() as number):
                return self.constant(node, number)
            case ast.Name() | ast.Attribute():
                return self.reference(node)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in ARITHMETIC:
                return self.arithmetic(node, self.part(left, depth + 1), op, self.part(right, depth + 1))
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                inner = self.truth(operand, depth)
                return _Part(_negated(inner), inner.width, NUMBER, truth=True)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                inner = self.part(operand, depth + 1)
                if inner.number is not None:
                    return self.constant(node, -float(inner.number))
                return _Part(lambda given: -inner.value(given), inner.width, inner.dimension)
            case ast.BoolOp(op=op, values=values):
                join = both if isinstance(op, ast.And) else either
                parts = [self.truth(value, depth) for value in values]
                return _Part(_folded(join, parts), self.width(node, parts), NUMBER, truth=True)
            case ast.Compare():
                return self.comparison(node, depth)
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
                return self.call(node, name, arguments, depth)
        return self.fail(node, f"this is not part of the language, which has {WORDS}")

    def constant(self, node: ast.expr, number: float) -> _Part:
        held = np.float64(self.number(node, number))
        return _Part(lambda _: held, 0, None, number=held)  # type: ignore[arg-type,return-value]

    def truth(self, node: ast.expr, depth: int) -> _Part:
        part = self.part(node, depth + 1)
        if part.truth or (part.tag is not None and (part.tag.low, part.tag.high) == (0.0, 1.0)):
            return part
        return self.fail(node, "this is neither true nor false; compare it with something, such as > 0")

    def width(self, node: ast.expr, parts: Sequence[_Part]) -> int:
        widths = {part.width for part in parts if part.width}
        if len(widths) > 1:
            self.fail(node, f"families of {' and '.join(map(str, sorted(widths)))} members do not go together")
        return max(widths, default=0)

    def reference(self, node: ast.expr) -> _Part:
        name = self.said(node)
        index, tag = self.input(node, name, 0)
        unit = NUMBER if tag.labels else dimension(tag.unit)
        return _Part(lambda given: given[index], self.inputs[index].width, unit, tag=tag)

    def input(self, node: ast.expr, name: str, rate_s: int) -> tuple[int, TemplateTag]:
        """Return the place of a tag or family among the inputs, and what its tags are."""
        known = self.scope.paths if "." in name else self.scope.tags
        names: tuple[str, ...] = (name,)
        family = "[]" in name
        if family:
            names = members(name, known)
        if not names or names[0] not in known:
            self.unknown(node, name, known, family)
        wanted = Input(names, family, rate_s)
        if wanted not in self.inputs:
            self.inputs.append(wanted)
        return self.inputs.index(wanted), known[names[0]]

    def unknown(self, node: ast.expr, name: str, known: Mapping[str, TemplateTag], family: bool) -> NoReturn:
        if "." in name:
            close = nearest(name, [path for path in known if path.split(".")[0] == name.split(".")[0]][:4000])
            self.fail(node, "there is no such tag" + (f"; the nearest is '{close}'" if close else ""), name)
        if any(name in tag.labels for tag in known.values()):
            self.fail(node, f"a state is written in quotes: '{name}'", name)
        words = families(known) if family else list(known)
        self.fail(node, did_you_mean(name, words, f"the unit has no such {'family' if family else 'tag'}"), name)

    def arithmetic(self, node: ast.expr, left: _Part, op: ast.operator, right: _Part) -> _Part:
        do = ARITHMETIC[type(op)]
        if isinstance(op, ast.Div | ast.Mod) and right.number == 0.0:
            self.fail(node, "this divides by a constant that is 0")
        if left.number is not None and right.number is not None:
            return self.constant(node, float(do(np.asarray(left.number), np.asarray(right.number))))
        if isinstance(op, ast.Mult | ast.Div):
            unit = multiplied(left.dimension, right.dimension, op)
        else:
            unit = self.fitting(node, (left.dimension, right.dimension))
        return _Part(lambda given: do(left.value(given), right.value(given)), self.width(node, (left, right)), unit)

    def comparison(self, node: ast.Compare, depth: int) -> _Part:
        left = self.part(node.left, depth + 1)
        parts: list[_Part] = []
        for op, right_node in zip(node.ops, node.comparators, strict=True):
            if isinstance(op, ast.In | ast.NotIn):
                part = self.among(node, left, right_node)
                parts.append(_Part(_negated(part), part.width, NUMBER) if isinstance(op, ast.NotIn) else part)
                continue
            if type(op) not in COMPARISONS:
                self.fail(node, "compare with < <= > >= == != or in")
            right = self.state(left, right_node) or self.part(right_node, depth + 1)
            self.fitting(node, (left.dimension, right.dimension))
            parts.append(
                _Part(
                    _compared(COMPARISONS[type(op)], left, right), self.width(node, (left, right)), NUMBER, truth=True
                )
            )
            left = right
        return _Part(_folded(both, parts), self.width(node, parts), NUMBER, truth=True)

    def among(self, node: ast.Compare, left: _Part, right: ast.expr) -> _Part:
        if not isinstance(right, ast.Tuple | ast.List) or not right.elts:
            self.fail(right, "after 'in' stand the states in brackets: ('MELT', 'POUR')")
        equal = COMPARISONS[ast.Eq]
        elements = [self.state(left, element) or self.part(element, 0) for element in right.elts]
        numbers = [element.number for element in elements if element.number is not None]
        if len(numbers) == len(elements):
            return _Part(_among(left, numbers), left.width, NUMBER, truth=True)
        parts = [_Part(_compared(equal, left, element), left.width, NUMBER, truth=True) for element in elements]
        return _Part(_folded(either, parts), left.width, NUMBER, truth=True)

    def state(self, left: _Part, node: ast.expr) -> _Part | None:
        """Return the number of a state in quotes, None for anything else."""
        if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
            return None
        if left.tag is None or not left.tag.labels:
            self.fail(node, "a state is compared with a tag that has labels")
        if node.value not in left.tag.labels:
            self.fail(node, did_you_mean(node.value, left.tag.labels, f"{left.tag.name} has no such state"), node.value)
        return self.constant(node, left.tag.low + left.tag.labels.index(node.value))

    def call(self, node: ast.Call, name: str, arguments: Sequence[ast.expr], depth: int) -> _Part:
        if name == "rate":
            return self.rate(node, arguments)
        if name not in FUNCTIONS:
            self.fail(node, did_you_mean(name, (*FUNCTIONS, "rate"), "there is no such function"), name)
        over, elementwise, truth = FUNCTIONS[name]
        parts = [self.truth(each, depth) if truth else self.part(each, depth + 1) for each in arguments]
        if not parts or (elementwise is None and len(parts) > 1):
            self.fail(node, f"{name} takes {'one value' if elementwise is None else 'one family, or several values'}")
        unit = NUMBER if truth else self.fitting(node, [part.dimension for part in parts])
        if len(parts) == 1:
            (only,) = parts
            if over is not None and not only.width:
                self.fail(node, f"{name} of one value; it takes a family such as Z[]_T, or several values")
            width = only.width if over is None else 0
            return _Part(_folded(over or np.abs, [only]), width, unit, truth=truth)
        assert elementwise is not None
        return _Part(_folded(elementwise, parts), self.width(node, parts), unit, truth=truth)

    def rate(self, node: ast.Call, arguments: Sequence[ast.expr]) -> _Part:
        match arguments:
            case [(ast.Name() | ast.Attribute()) as tag, ast.Constant(value=int() as seconds)] if not isinstance(
                seconds, bool
            ):
                if not 1 <= seconds <= LONGEST_RATE_S:
                    self.fail(node, f"a rate is taken over 1 to {LONGEST_RATE_S} s")
                index, template_tag = self.input(tag, self.said(tag), seconds)
                unit = product(dimension(template_tag.unit), {"s": 1}, -1)
                return _Part(lambda given: given[index], self.inputs[index].width, unit)
        return self.fail(node, "a rate is said as rate(TAG, seconds); it is the change per minute")


def _folded(join: Callable[..., Floats], parts: Sequence[_Part]) -> Callable[[Sequence[Floats]], Floats]:
    if len(parts) == 1:
        only = parts[0]
        if join in (both, either):
            return only.value
        return lambda given: join(only.value(given))

    def value(given: Sequence[Floats]) -> Floats:
        result = parts[0].value(given)
        for part in parts[1:]:
            result = join(result, part.value(given))
        return result

    return value


def _negated(part: _Part) -> Callable[[Sequence[Floats]], Floats]:
    return lambda given: no(part.value(given))


def _among(part: _Part, numbers: Sequence[np.float64]) -> Callable[[Sequence[Floats]], Floats]:
    def value(given: Sequence[Floats]) -> Floats:
        a = part.value(given)
        found = a == numbers[0]
        for number in numbers[1:]:
            found = found | (a == number)
        return np.where(np.isnan(a), np.nan, found)

    return value


def _compared(
    compare: Callable[[Floats, Floats], NDArray[np.bool_]], left: _Part, right: _Part
) -> Callable[[Sequence[Floats]], Floats]:
    def value(given: Sequence[Floats]) -> Floats:
        a, b = left.value(given), right.value(given)
        return np.where(np.isnan(a) | np.isnan(b), np.nan, compare(a, b))

    def with_constant(given: Sequence[Floats]) -> Floats:
        a = left.value(given)
        return np.where(np.isnan(a), np.nan, compare(a, constant))

    if right.number is None:
        return value
    constant: Any = right.number
    return with_constant
