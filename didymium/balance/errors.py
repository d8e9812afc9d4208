"""What can be wrong with balances, their meters, or their solution."""

from __future__ import annotations

from collections.abc import Sequence


class BadNetwork(ValueError):
    """Streams that do not fit the nodes; ``stream`` is the first of them."""

    def __init__(self, stream: int, why: str) -> None:
        self.stream = stream
        super().__init__(f"stream {stream}: {why}")


class BadMeter(ValueError):
    """A measured value that is no number, or an uncertainty that is not above zero; ``stream`` is the first of them."""

    def __init__(self, stream: int, value: float, sigma: float) -> None:
        self.stream = stream
        self.value = value
        self.sigma = sigma
        super().__init__(f"stream {stream}: value {value!r} ± {sigma!r}, wanted a number and an uncertainty above 0")


class DependentBalance(ValueError):
    """A balance says what others say already; ``balances`` are the rows of the original balances that make it up."""

    def __init__(self, balances: Sequence[int]) -> None:
        self.balances = tuple(balances)
        shown = ", ".join(map(str, self.balances[:12])) + (", ..." if len(self.balances) > 12 else "")
        super().__init__(f"balance {shown} follows from the others: leave it out")


class UnequalMeters(ArithmeticError):
    """Standard deviations around ``balances`` differ by more than six orders of magnitude."""

    def __init__(self, balances: Sequence[int]) -> None:
        self.balances = tuple(balances)
        shown = ", ".join(map(str, self.balances[:12]))
        super().__init__(f"standard deviations around balance {shown} are too unequal to reckon with")


class ImpossibleBalance(ValueError):
    """No flows at all satisfy the balances; ``balances`` are rows that contradict each other."""

    def __init__(self, balances: Sequence[int], left: float) -> None:
        self.balances = tuple(balances)
        self.left = left
        super().__init__(f"balances {', '.join(map(str, self.balances[:12]))} contradict each other by {left:g}")


class NotConverged(ArithmeticError):
    """Successive linearisation found no point; ``step`` and ``residual`` are those of the last iteration."""

    def __init__(self, iterations: int, step: float, residual: float) -> None:
        self.iterations = iterations
        self.step = step
        self.residual = residual
        super().__init__(f"not converged after {iterations} iterations: last step {step:g}, residual {residual:g}")
