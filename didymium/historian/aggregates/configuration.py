"""How an aggregate treats doubtful data (OPC 10000-13, 4.2.1.2, AggregateConfigurationType)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from didymium.historian.aggregates.errors import BadConfiguration


@dataclass(frozen=True, slots=True)
class AggregateConfiguration:
    """The standard's four settings with its defaults.

    ``percent_data_bad`` is the least share of bad data that makes an interval's result Bad, ``percent_data_good`` the
    least share of good data that makes it Good, both in percent; between the two it is Uncertain_DataSubNormal.

    Raises ``BadConfiguration`` where ``percent_data_good`` < 100 - ``percent_data_bad``, which the standard forbids.
    """

    treat_uncertain_as_bad: bool = True
    percent_data_bad: int = 100
    percent_data_good: int = 100
    use_sloped_extrapolation: bool = False

    def __post_init__(self) -> None:
        for name in ("percent_data_bad", "percent_data_good"):
            percent = getattr(self, name)
            if not 0 <= percent <= 100:
                raise BadConfiguration(f"{name} is {percent}; it is a percentage from 0 to 100")
        if self.percent_data_good < 100 - self.percent_data_bad:
            raise BadConfiguration(
                f"percent_data_good {self.percent_data_good} must be at least 100 - percent_data_bad"
                f" {self.percent_data_bad} = {100 - self.percent_data_bad} (OPC 10000-13, 4.2.1.2)"
            )


DEFAULT: Final = AggregateConfiguration()
