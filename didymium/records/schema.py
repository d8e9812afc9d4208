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
    LargeBinary,
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


def _text_key(name: str) -> Column[str]:
    return Column(name, Text, primary_key=True)


def _int_key(name: str) -> Column[int]:
    return Column(name, BigInteger, primary_key=True, autoincrement=False)


def _number() -> Column[int]:
    """A key that the store gives, in the order in which rows are added."""
    return Column("number", SERIAL, primary_key=True)


def _of(name: str, key: str) -> Column[str]:
    """A reference to what must be there."""
    return Column(name, Text, ForeignKey(key), nullable=False)


def _partial(name: str, *columns: str, where: str) -> Index:
    """An index of the rows that meet a condition."""
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


ALARM: Final = Table(
    "alarm",
    METADATA,
    _text_key("path"),
    _text("site", None),
    _text("unit", None),
    _text("words"),  # path and titles in lower case: what a search looks through
)

JOURNAL: Final = Table(
    "journal",
    METADATA,
    Column("seq", SERIAL, primary_key=True, autoincrement=False),
    _of("alarm", "alarm.path"),
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
    _partial("journal_actor", "actor", "seq", where="actor <> ''"),
    _partial("journal_reason", "seq", where="reason <> ''"),
)

JOURNAL_BLOCK: Final = Table(
    "journal_block",
    METADATA,
    _int_key("block"),
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
    _text_key("site"),
    _int("up_to_us"),
)

ALARM_CHECKPOINT: Final = Table(
    "alarm_checkpoint",
    METADATA,
    _int_key("at_us"),
    _int("seq"),
    _text("definitions", None),
    Column("state", LargeBinary, nullable=False),
)

PERSON: Final = Table(
    "person",
    METADATA,
    _text_key("name"),
    _text("display", None),
    _text("role", None),
    _int("since_us"),
)

ALARM_NOTE: Final = Table(
    "alarm_note",
    METADATA,
    _number(),
    _of("alarm", "alarm.path"),
    _int("at_us"),
    _of("actor", "person.name"),
    _text("text", None),
    Index("alarm_note_alarm", "alarm", "number"),
)

ALARM_ASSIGNMENT: Final = Table(
    "alarm_assignment",
    METADATA,
    _number(),
    _of("alarm", "alarm.path"),
    _int("at_us"),
    _of("actor", "person.name"),
    _text("before"),
    _text("assignee"),
    _text("reason"),
    Index("alarm_assignment_alarm", "alarm", "number"),
)

ACT: Final = Table(
    "act",
    METADATA,
    _number(),
    _int("at_us"),
    _of("actor", "person.name"),
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
    _text_key("digest"),
    _text("text", None),
)

DEFINITION: Final = Table(
    "definition",
    METADATA,
    _text_key("kind"),
    _text_key("name"),
    _int_key("version"),
    _of("digest", "definition_text.digest"),
    _int("since_us"),
    _text("actor"),
)

OUTBOX: Final = Table(
    "outbox",
    METADATA,
    _number(),
    _text("key", None),
    _text("target", None),
    _text("payload", None),
    _int("made_us"),
    _int("tries", "0"),
    Column("next_us", BigInteger),  # when it is due; nothing when it is done or given up
    _text("owner"),
    _int("leased_us", "0"),
    _int("done_us", "0"),  # when it was sent, or given up if there is an error
    _text("error"),
    UniqueConstraint("key", name="outbox_key"),
    _partial("outbox_due", "next_us", where="next_us IS NOT NULL"),
)

KPI_VALUE: Final = Table(
    "kpi_value",
    METADATA,
    _text_key("kpi"),
    _text_key("scope"),
    _int_key("start_us"),
    _int_key("end_us"),
    _int_key("version"),
    Column("value", Double),
    _text("inputs", None),
    _int("computed_us"),
    Column("complete", Double),
)
