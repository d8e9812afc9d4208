"""Flow sheets and readings from the literature that the tests of balances share."""

from __future__ import annotations

from typing import Final

import numpy as np

from didymium.balance.network import Network

EXCHANGER: Final = Network.of([(-1, 0), (0, 1), (0, 2), (1, 3), (2, 3), (3, -1)], 4)
"""A heat exchanger with a bypass: splitter, exchanger, bypass valve, mixer.

S. Narasimhan, C. Jordache, Data Reconciliation and Gross Error Detection, Gulf 2000, chapters 1 and 7.
"""
EXCHANGER_TRUE: Final = np.array([100.0, 64.0, 36.0, 64.0, 36.0, 100.0])
EXCHANGER_READING: Final = np.array([101.91, 64.45, 34.65, 64.20, 36.44, 98.88])

STEAM: Final = Network.of(
    [
        *[(2, 0), (5, 0), (0, 4), (-1, 0), (1, 2), (1, 5), (6, 1), (10, 1), (1, -1), (2, 3)],
        *[(4, 3), (3, 8), (5, 4), (4, 6), (4, 7), (4, 8), (4, -1), (7, 6), (6, 9), (6, 10)],
        *[(6, -1), (8, 7), (7, 9), (7, -1), (8, -1), (9, 10), (-1, 9), (-1, 10)],
    ],
    11,
)
"""The steam metering system of a methanol plant: R. W. Serth, W. A. Heenan, AIChE J. 32 (1986) 733-742.

Flows in 1000 kg/h; the standard deviations are 2.5 % of them, as there. Flow sheet and flows as they stand in the
collection https://github.com/EDSONCV/dr-ged-benchmarks, problem P15.
"""
STEAM_TRUE: Final = np.array(
    [
        *[0.86, 1.00, 111.82, 109.96, 53.27, 112.27, 2.32, 164.05, 0.83, 52.41],
        *[14.86, 67.27, 111.27, 91.86, 60.00, 23.64, 32.73, 16.23, 7.85, 10.60],
        *[87.32, 5.45, 2.59, 46.63, 85.46, 81.23, 70.79, 72.22],
    ]
)
STEAM_SIGMA: Final = 0.025 * STEAM_TRUE
