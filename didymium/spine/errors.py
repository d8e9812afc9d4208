"""What can go wrong on the spine.

SpineError
├── PortTaken        a listener's port belongs to another program
├── ServerFailed     nats-server ended or never became healthy
├── CorruptBatch     a payload is not the batch that was published
├── RangeLost        sequences that must be read again are gone
└── StreamRewound    the stream ends before a position that was already read
"""

from __future__ import annotations


class SpineError(Exception):
    """A broken promise of the spine."""


class PortTaken(SpineError):
    """A listener's port belongs to another program."""

    def __init__(self, port: int, listener: str) -> None:
        super().__init__(
            f"port {port} ({listener}) is taken by another program: "
            f"stop that program, or give this installation another port_offset"
        )
        self.port = port
        self.listener = listener


class ServerFailed(SpineError):
    """nats-server ended or never became healthy; the text carries the last lines of its log."""


class CorruptBatch(SpineError):
    """A payload is not what was published. ``fault`` is ``checksum``, ``truncated``, ``schema`` or ``count``."""

    def __init__(self, fault: str, detail: str) -> None:
        super().__init__(f"corrupt batch ({fault}): {detail}")
        self.fault = fault
        self.detail = detail


class RangeLost(SpineError):
    """Sequences ``first`` to ``last`` of an edge's stream must be read again and ``missing`` is not there."""

    def __init__(self, edge: str, first: int, last: int, missing: int) -> None:
        super().__init__(f"edge {edge}: sequence {missing} of {first}-{last} is no longer in its stream")
        self.edge = edge
        self.first = first
        self.last = last
        self.missing = missing


class StreamRewound(SpineError):
    """The stream ends before a position that was already read, as after restoring an old copy of its folder."""

    def __init__(self, edge: str, next_seq: int, last_seq: int) -> None:
        super().__init__(
            f"edge {edge}: its stream ends at {last_seq} but {next_seq - 1} was read from it before; "
            f"an old copy of the edge's spine folder was put back, so its sequences cannot be trusted"
        )
        self.edge = edge
        self.next_seq = next_seq
        self.last_seq = last_seq
