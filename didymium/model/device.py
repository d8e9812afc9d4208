"""What an edge says of its connectors: up or down, why, how fast, and what it had to discard."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Discard:
    """One cause of trouble with how often it was met and its last example."""

    cause: str
    count: int
    last_us: int
    example: str


@dataclass(frozen=True, slots=True)
class DeviceState:
    """One connector as of the last second; ``connector`` is unique in the complex, ``S10/opcua/PL1``.

    ``skew_ms`` is the device's clock minus ours and ``lag_ms`` the age of the newest reading when it came;
    both are None while unknown. ``cause`` says why the connector is down and is empty while it is up.
    """

    site: str
    connector: str
    protocol: str
    endpoint: str
    up: bool
    since_us: int
    cause: str
    points: int
    points_per_s: float
    skew_ms: float | None
    lag_ms: float | None
    reconnects: int
    discards: tuple[Discard, ...]


@dataclass(frozen=True, slots=True)
class EdgeState:
    """One edge agent with all its connectors, as told every second through the spine."""

    edge: str
    time_us: int
    started_us: int
    buffered_points: int
    unacked_batches: int
    published_points: int
    devices: tuple[DeviceState, ...]
