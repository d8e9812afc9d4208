"""What may go wrong when history is aggregated.

HistorianError
└── AggregateError
    ├── UnknownAggregate        Bad_AggregateNotSupported
    ├── BadConfiguration        Bad_AggregateConfigurationRejected
    ├── BadIntervals            Bad_InvalidArgument: no range, or more intervals than are answered
    └── TooMuchHistory          more raw history than one question may read
"""

from __future__ import annotations

from didymium.historian.errors import HistorianError


class AggregateError(HistorianError):
    """The question cannot be answered as it was put. ``code`` is the OPC UA StatusCode that says so."""

    code = 0x80AB_0000


class UnknownAggregate(AggregateError):
    """No such aggregate; the message offers the nearest name."""

    code = 0x80D5_0000

    def __init__(self, said: str, hint: str) -> None:
        self.said = said
        super().__init__(hint)


class BadConfiguration(AggregateError):
    """The aggregate configuration contradicts itself (OPC 10000-13, 4.2.1.2)."""

    code = 0x80DA_0000


class BadIntervals(AggregateError):
    """The range and the processing interval make no intervals, or too many."""


class TooMuchHistory(AggregateError):
    """Answering would read more raw history than one question may."""
