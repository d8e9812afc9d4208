"""The text of a formula, as every language of formulas reads it: where it breaks off, and what fits together."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterable, Sequence
from typing import Final, NoReturn

from didymium.model.dimension import NUMBER, Dimension, dimension, named, product

LONGEST: Final = 600
DEEPEST: Final = 60
LARGEST: Final = 1e15
FAMILY: Final = re.compile(r"\[\s*\]")
MARK: Final = "ǁ"  # a letter to Python, in no tag's name; stands for each character of the brackets


class BadFormula(ValueError):
    """A formula that cannot be; ``at`` is the character, from 1, ``read`` what stands there, ``hint`` what would be."""

    def __init__(self, at: int, read: str, hint: str) -> None:
        self.at, self.read, self.hint = at, read, hint
        super().__init__(f"character {at}, {read!r}: {hint}")


class FormulaText:
    """One formula's text, with the families of tags in it made names to Python. Everything raises ``BadFormula``."""

    def __init__(self, text: str) -> None:
        if not text.strip():
            raise BadFormula(1, text[:20], "the formula is empty")
        if len(text) > LONGEST:
            raise BadFormula(1, text[:20], f"the formula has {len(text)} characters, {LONGEST} at most")
        self.text = text.strip()
        self.marked = FAMILY.sub(lambda found: MARK * len(found.group()), self.text)

    def tree(self) -> ast.expr:
        """The text as Python reads it."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                return ast.parse(self.marked, mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as broken:
            at = broken.offset or 1 if isinstance(broken, SyntaxError) else 1
            read = self.text[max(0, at - 8) : at + 8].strip()
            raise BadFormula(at, read, "the formula cannot be read from here") from None

    def fail(self, node: ast.AST, hint: str, read: str | None = None) -> NoReturn:
        """Say what is wrong at a node."""
        at = 1
        if isinstance(node, ast.expr):
            line = self.marked.splitlines()[node.lineno - 1]
            at = len(line.encode()[: node.col_offset].decode()) + 1
        raise BadFormula(at, self.said(node) if read is None else read, hint)

    def said(self, node: ast.AST) -> str:
        """What stands in the text for a node."""
        return unmarked(ast.get_source_segment(self.marked, node) or "") if isinstance(node, ast.expr) else ""

    def number(self, node: ast.expr, number: float) -> float:
        """A number that stands in the text."""
        if abs(number) > LARGEST:
            self.fail(node, f"a number is at most {LARGEST:g}")
        return float(number)

    def check_depth(self, node: ast.expr, depth: int) -> None:
        """Refuse what is nested so deep that reading it could fail."""
        if depth > DEEPEST:
            self.fail(node, f"the formula is nested deeper than {DEEPEST}")

    def check_unit(self, found: Dimension | None, unit: str | None) -> None:
        """Refuse a result in another dimension than that of ``unit``; None on either side fits all."""
        if unit is not None and found is not None and found != dimension(unit):
            raise BadFormula(1, self.text, f"the result is in {named(found)}, not in {unit or 'a plain number'}")

    def fitting(self, node: ast.expr, dimensions: Sequence[Dimension | None]) -> Dimension | None:
        """The one dimension of some parts; None fits all."""
        found = [each for each in dimensions if each is not None]
        for other in found[1:]:
            if other != found[0]:
                self.fail(node, f"{named(found[0])} and {named(other)} do not go together")
        return found[0] if found else None


def multiplied(left: Dimension | None, right: Dimension | None, op: ast.operator) -> Dimension | None:
    """The dimension of a product or quotient; that of plain numbers is None, which fits all."""
    if left is None and right is None:
        return None
    return product(left or NUMBER, right or NUMBER, -1 if isinstance(op, ast.Div) else 1)


def unmarked(text: str) -> str:
    """A piece of a marked text as a person writes it."""
    return re.sub(f"{MARK}+", "[]", text)


def members(family: str, names: Iterable[str]) -> tuple[str, ...]:
    """The names that a family such as ``Z[]_T`` stands for, in their order."""
    like = re.compile(r"\d+".join(map(re.escape, FAMILY.split(family))) + r"\Z")
    return tuple(name for name in names if like.match(name))


def families(names: Iterable[str]) -> list[str]:
    """The families that there may be of these names, each once."""
    return list(dict.fromkeys(re.sub(r"\d+", "[]", name) for name in names))
