"""The tables. ``migrations`` makes them; a test holds both together. Times are µs UTC, texts are UTF-8."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

METADATA: Final = MetaData()
VERSION_TABLE: Final = "didymium_schema"

SERIAL: Final = BigInteger().with_variant(Integer, "sqlite")
"""SQLite gives numbers by itself only to a key that is called INTEGER."""


def _text(name: str, default: str | None = "") -> Column[str]:
    return Column(name, Text, nullable=False, server_default=default)


def _int(name: str, default: str | None = None) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default=default)


ALARM: Final = Table(
    "alarm",
    METADATA,
    Column("path", Text, primary_key=True),
    _text("site", None),
    _text("unit", None),
    _text("words"),  # path and titles in lower case: what a search looks through
)

JOURNAL: Final = Table(
    "journal",
    METADATA,
    Column("seq", SERIAL, primary_key=True, autoincrement=False),
    Column("alarm", Text, ForeignKey("alarm.path"), nullable=False),
    _int("transition"),
    _text("site", None),
    _text("unit", None),
    _text("from_state", None),
    _text("to_state", None),
    _text("event", None),
    _int("time_us"),
    _int("since_us"),
    _int("at_us"),
    _int("sounds"),
    _text("priority", None),
    _text("actor"),
    _text("reason"),
    Column("value", Double),
    Column("limit_value", Double),
    _text("hidden_by"),
    _text("first_out"),
    _text("position"),
    # The order of one alarm's rows, and the promise that none is there twice.
    Index("journal_alarm", "alarm", "transition", unique=True, postgresql_include=["seq"]),
    Index("journal_site", "site", "seq"),
    Index("journal_unit", "unit", "seq"),
    Index("journal_event", "event", "seq"),
    Index("journal_actor", "actor", "seq", sqlite_where=text("actor <> ''"), postgresql_where=text("actor <> ''")),
    Index("journal_reason", "seq", sqlite_where=text("reason <> ''"), postgresql_where=text("reason <> ''")),
)

JOURNAL_BLOCK: Final = Table(
    "journal_block",
    METADATA,
    Column("block", BigInteger, primary_key=True, autoincrement=False),
    _int("earliest_us"),
    _int("latest_us"),
)
"""Between which times of the plant the rows of a block lie (``journal.BLOCK_ROWS`` by their numbers)."""

ALARM_STATE: Final = Table(
    "alarm_state",
    METADATA,
    Column("alarm", Text, ForeignKey("alarm.path"), primary_key=True),
    _int("transition", "0"),
    _int("stepped", "0"),  # 1 when a step has written it
    _text("state", "NORMAL"),
    _int("place", "0"),
    _int("active", "0"),
    _int("pending_us", "0"),
    _int("since_us", "0"),
    _int("told_us", "0"),
    _int("until_us", "0"),
    _int("design_us", "0"),
    _int("cause_us", "0"),
    _text("hidden_by"),
    _text("first_out"),
    _text("actor"),
    _text("act"),
    _int("act_us", "0"),
    _text("assignee"),
    _int("notes", "0"),
)

SITE_POSITION: Final = Table(
    "site_position",
    METADATA,
    Column("site", Text, primary_key=True),
    _int("up_to_us"),
)

PERSON: Final = Table(
    "person",
    METADATA,
    Column("name", Text, primary_key=True),
    _text("display", None),
    _text("role", None),
    _int("since_us"),
)

ALARM_NOTE: Final = Table(
    "alarm_note",
    METADATA,
    Column("number", SERIAL, primary_key=True),
    Column("alarm", Text, ForeignKey("alarm.path"), nullable=False),
    _int("at_us"),
    Column("actor", Text, ForeignKey("person.name"), nullable=False),
    _text("text", None),
    Index("alarm_note_alarm", "alarm", "number"),
)

ALARM_ASSIGNMENT: Final = Table(
    "alarm_assignment",
    METADATA,
    Column("number", SERIAL, primary_key=True),
    Column("alarm", Text, ForeignKey("alarm.path"), nullable=False),
    _int("at_us"),
    Column("actor", Text, ForeignKey("person.name"), nullable=False),
    _text("before"),
    _text("assignee"),
    _text("reason"),
    Index("alarm_assignment_alarm", "alarm", "number"),
)

ACT: Final = Table(
    "act",
    METADATA,
    Column("number", SERIAL, primary_key=True),
    _int("at_us"),
    Column("actor", Text, ForeignKey("person.name"), nullable=False),
    _text("what", None),
    _text("subject"),
    _text("reason"),
    Index("act_at", "at_us", "number"),
    Index("act_actor", "actor", "number"),
    Index("act_subject", "subject", "number"),
)

DEFINITION_TEXT: Final = Table(
    "definition_text",
    METADATA,
    Column("digest", Text, primary_key=True),
    _text("text", None),
)

DEFINITION: Final = Table(
    "definition",
    METADATA,
    Column("kind", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("digest", Text, ForeignKey("definition_text.digest"), nullable=False),
    _int("since_us"),
    _text("actor"),
)

OUTBOX: Final = Table(
    "outbox",
    METADATA,
    Column("number", SERIAL, primary_key=True),
    _text("key", None),
    _text("target", None),
    _text("payload", None),
    _int("made_us"),
    _int("tries", "0"),
    Column("next_us", BigInteger),  # when it is due; nothing when it is done or given up
    _text("owner"),
    _int("leased_us", "0"),
    _int("done_us", "0"),
    _text("error"),
    UniqueConstraint("key", name="outbox_key"),
    Index(
        "outbox_due", "next_us", sqlite_where=text("next_us IS NOT NULL"), postgresql_where=text("next_us IS NOT NULL")
    ),
)  # fmt: skip

KPI_VALUE: Final = Table(
    "kpi_value",
    METADATA,
    Column("kpi", Text, primary_key=True),
    Column("scope", Text, primary_key=True),
    Column("start_us", BigInteger, primary_key=True, autoincrement=False),
    Column("end_us", BigInteger, primary_key=True, autoincrement=False),
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("value", Double),
    _text("inputs", None),
    _int("computed_us"),
)
