"""Columns in the one memory layout that kernels are compiled for."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def flat(column: NDArray[Any]) -> NDArray[Any]:
    """The same numbers contiguous, aligned and not writeable; a copy only where they are not so already.

    Columns come from numpy, from Arrow and from the engine's bytes. A compiled kernel takes each layout for another
    type, and compiling it again for every mixture would cost seconds in the middle of a question.
    """
    same = np.require(column, requirements=("C", "A")).view()
    same.flags.writeable = False
    return same
