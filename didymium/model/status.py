"""OPC UA status codes (Part 4, §7.39) as the project stores them: whole, 32 bits."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

GOOD: Final = 0x0000_0000
UNCERTAIN: Final = 0x4000_0000
UNCERTAIN_LAST_USABLE_VALUE: Final = 0x4090_0000
UNCERTAIN_SENSOR_NOT_ACCURATE: Final = 0x4093_0000
UNCERTAIN_ENGINEERING_UNITS_EXCEEDED: Final = 0x4094_0000
BAD: Final = 0x8000_0000
BAD_COMMUNICATION_ERROR: Final = 0x8005_0000
BAD_NO_COMMUNICATION: Final = 0x8031_0000
BAD_OUT_OF_RANGE: Final = 0x803C_0000
BAD_TYPE_MISMATCH: Final = 0x8074_0000
BAD_CONFIGURATION_ERROR: Final = 0x8089_0000
BAD_SENSOR_FAILURE: Final = 0x808C_0000
BAD_DEVICE_FAILURE: Final = 0x808B_0000
BAD_OUT_OF_SERVICE: Final = 0x808D_0000
BAD_NO_DATA: Final = 0x809B_0000

SEVERITY_SHIFT: Final = 30


def is_good(status: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """(n,) status codes -> (n,) true where the severity bits say Good."""
    return (status >> np.uint32(SEVERITY_SHIFT)) == 0


def is_bad(status: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """(n,) status codes -> (n,) true where the severity bits say Bad."""
    return status >= np.uint32(BAD)
