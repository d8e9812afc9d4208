"""Sagger robots and conveyors of the kiln line: one sagger every 17.28 s (domain reference §4.2)."""

from __future__ import annotations

from typing import Final

from didymium.twin.bank import Bank
from didymium.twin.noise import normal
from didymium.twin.point import Point, exact
from didymium.twin.sequence import Step, Timetable
from didymium.twin.unit_type import Points, Surroundings, UnitType
from didymium.twin.units.kiln import SAGGER_TAKT_S

REACH: Final = ((-35.0, 42.0, -58.0, 5.0, 62.0, 10.0), (310.0, -820.0, 940.0, 180.0, 2.0, 90.0))
GRASP: Final = ((-38.0, 55.0, -66.0, 4.0, 74.0, 8.0), (340.0, -860.0, 610.0, 180.0, 1.0, 92.0))
CARRY: Final = ((48.0, 24.0, -30.0, -12.0, 58.0, 95.0), (1180.0, 610.0, 1240.0, 178.0, 3.0, -4.0))
PLACE: Final = ((72.0, 46.0, -49.0, -9.0, 66.0, 120.0), (920.0, 1310.0, 720.0, 180.0, 1.0, -30.0))
HOME: Final = ((0.0, 10.0, -20.0, 0.0, 45.0, 0.0), (860.0, 0.0, 1350.0, 180.0, 0.0, 0.0))


def _pose(pose: tuple[tuple[float, ...], tuple[float, ...]], torque: float) -> dict[str, tuple[float, ...]]:
    return {
        "J[]_POS": pose[0],
        "TCP[]": pose[1],
        "J[]_TRQ": tuple(torque * share for share in (0.6, 1.0, 0.9, 0.4, 0.5, 0.3)),
    }


POINTS: Final[Points] = {
    "J[]_POS": Point(0.0, 0.0, 0.01, 0.0, 0.9),
    "J[]_VEL": Point(0.0, 0.0, 0.1, 0.0, 0.0),
    "J[]_TRQ": Point(20.0, 0.0, 2.0, 0.0, 0.7),
    "J[]_T": Point((48.0, 52.0, 50.0, 44.0, 43.0, 41.0), 0.6, 0.06, 1.0),
    "TCP[]": Point(0.0, 0.0, 0.1, 0.0, 0.9),
    "GRIP_P": Point(585.0, 4.0, 2.0, 5.0),
    "GRIP_F": Point(520.0, 6.0, 5.0, 8.0),
    "CYC_T": exact(16.0),
    "OVR": exact(95.0),
    "FENCE": exact(1.0),
}
STEPS: Final = (
    Step("REACH", 0, 3.2, _pose(REACH, 34.0)),
    Step("GRASP", 1, 2.4, _pose(GRASP, 46.0)),
    Step("CARRY", 2, 5.6, _pose(CARRY, 58.0)),
    Step("PLACE", 2, 2.8, _pose(PLACE, 41.0)),
    Step("HOME", 0, 0.0, _pose(HOME, 22.0)),
)


class Robots:
    """Joint speeds from joint positions, and a count and a cycle time for every sagger set down."""

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        assert timetable is not None
        self.bank, self.timetable, self._seed = bank, timetable, around.seed + 41
        bank.aim("CYC_CNT")[:] = timetable.begun("HOME", around.month_s)
        bank.aim("PROG")[:] = [1 + (unit.number - 1) % 3 for unit in bank.units]
        bank.value[:] = bank.target

    def step(self, second: int) -> None:
        """Move and count."""
        bank = self.bank
        reach = bank.aim("J[]_POS") - bank.now("J[]_POS")
        bank.aim("J[]_VEL")[:] = 0.67 * reach
        for robot in self.timetable.entered.get("HOME", ()):
            bank.aim("CYC_CNT")[robot] += 1.0
            bank.aim("CYC_T")[robot] = round(16.0 + 0.12 * normal(self._seed, second, robot), 1)


ROBOT: Final = UnitType(points=POINTS, steps=STEPS, period_s=SAGGER_TAKT_S, state_tag="GRIP_ST", model=Robots)
CONVEYOR: Final = UnitType(
    points={"RUN": 1.0, "MOT_A": Point(3.4, 0.05, 0.05, 0.2), "SPD": Point(6.2, 0.02, 0.02, 0.1)}
)
