"""What meters and balances say of each stream: corrected, taken as it is, reckoned, or unknown."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from didymium.balance.reduction import Reduction


class Class(IntEnum):
    """Of a stream: G. M. Stanley, R. S. H. Mah, Chem. Eng. Sci. 36 (1981) 259-272.

    A measured stream is ``REDUNDANT`` where the others would still say what it is if its own meter were gone, else
    ``NONREDUNDANT``: no balance can correct it or find it wrong. A stream without a meter is ``OBSERVABLE`` where the
    meters of others say what it is, else ``UNOBSERVABLE``.
    """

    REDUNDANT = 0
    NONREDUNDANT = 1
    OBSERVABLE = 2
    UNOBSERVABLE = 3


def classify(reduction: Reduction) -> NDArray[np.int8]:
    """The class of each stream, (n,)."""
    classes = np.where(reduction.measured, Class.NONREDUNDANT, Class.UNOBSERVABLE).astype(np.int8)
    classes[reduction.matrix.indices] = Class.REDUNDANT
    classes[reduction.observable] = Class.OBSERVABLE
    return classes
