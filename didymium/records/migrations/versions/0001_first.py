"""The first schema: alarms and their journal, people, definitions, notifications, values of KPIs."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")
ONLY_ADDED_TO = ("journal", "act", "alarm_note", "alarm_assignment", "definition", "definition_text", "kpi_value")


def words(name: str, default: str | None = "") -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default=default)


def number(name: str, default: str | None = None) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False, server_default=default)


def refers(name: str, target: str, *, key: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, sa.ForeignKey(target), nullable=False, primary_key=key)


def upgrade() -> None:
    op.create_table(
        "alarm", sa.Column("path", sa.Text, primary_key=True), words("site", None), words("unit", None), words("words")
    )
    journal()
    alarms()
    people()
    definitions()
    outbox()
    op.create_table(
        "kpi_value",
        sa.Column("kpi", sa.Text, primary_key=True),
        sa.Column("scope", sa.Text, primary_key=True),
        sa.Column("start_us", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("end_us", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("version", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("value", sa.Double),
        words("inputs", None),
        number("computed_us"),
    )
    refuse_changes()


def journal() -> None:
    op.create_table(
        "journal",
        sa.Column("seq", SERIAL, primary_key=True, autoincrement=False),
        refers("alarm", "alarm.path"),
        number("transition"),
        words("site", None),
        words("unit", None),
        words("from_state", None),
        words("to_state", None),
        words("event", None),
        number("time_us"),
        number("since_us"),
        number("at_us"),
        number("sounds"),
        words("priority", None),
        words("actor"),
        words("reason"),
        sa.Column("value", sa.Double),
        sa.Column("limit_value", sa.Double),
        words("hidden_by"),
        words("first_out"),
        words("position"),
    )
    op.create_index("journal_alarm", "journal", ["alarm", "transition"], unique=True, postgresql_include=["seq"])
    for column in ("site", "unit", "event"):
        op.create_index(f"journal_{column}", "journal", [column, "seq"])
    for name, columns, some in (
        ("journal_actor", ["actor", "seq"], sa.text("actor <> ''")),
        ("journal_reason", ["seq"], sa.text("reason <> ''")),
    ):
        op.create_index(name, "journal", columns, sqlite_where=some, postgresql_where=some)
    op.create_table(
        "journal_block",
        sa.Column("block", sa.BigInteger, primary_key=True, autoincrement=False),
        number("earliest_us"),
        number("latest_us"),
    )


def alarms() -> None:
    op.create_table(
        "alarm_state",
        refers("alarm", "alarm.path", key=True),
        number("transition", "0"),
        number("stepped", "0"),
        words("state", "NORMAL"),
        number("place", "0"),
        number("active", "0"),
        number("pending_us", "0"),
        number("since_us", "0"),
        number("told_us", "0"),
        number("until_us", "0"),
        number("design_us", "0"),
        number("cause_us", "0"),
        words("hidden_by"),
        words("first_out"),
        words("actor"),
        words("act"),
        number("act_us", "0"),
        words("assignee"),
        number("notes", "0"),
    )
    op.create_table("site_position", sa.Column("site", sa.Text, primary_key=True), number("up_to_us"))


def people() -> None:
    person = op.create_table(
        "person",
        sa.Column("name", sa.Text, primary_key=True),
        words("display", None),
        words("role", None),
        number("since_us"),
    )
    op.bulk_insert(person, [{"name": "desk", "display": "Desk", "role": "dispatcher", "since_us": 0}])
    op.create_table(
        "alarm_note",
        sa.Column("number", SERIAL, primary_key=True),
        refers("alarm", "alarm.path"),
        number("at_us"),
        refers("actor", "person.name"),
        words("text", None),
    )
    op.create_index("alarm_note_alarm", "alarm_note", ["alarm", "number"])
    op.create_table(
        "alarm_assignment",
        sa.Column("number", SERIAL, primary_key=True),
        refers("alarm", "alarm.path"),
        number("at_us"),
        refers("actor", "person.name"),
        words("before"),
        words("assignee"),
        words("reason"),
    )
    op.create_index("alarm_assignment_alarm", "alarm_assignment", ["alarm", "number"])
    op.create_table(
        "act",
        sa.Column("number", SERIAL, primary_key=True),
        number("at_us"),
        refers("actor", "person.name"),
        words("what", None),
        words("subject"),
        words("reason"),
    )
    op.create_index("act_at", "act", ["at_us", "number"])
    op.create_index("act_actor", "act", ["actor", "number"])
    op.create_index("act_subject", "act", ["subject", "number"])


def definitions() -> None:
    op.create_table("definition_text", sa.Column("digest", sa.Text, primary_key=True), words("text", None))
    op.create_table(
        "definition",
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("version", sa.BigInteger, primary_key=True, autoincrement=False),
        refers("digest", "definition_text.digest"),
        number("since_us"),
        words("actor"),
    )


def outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("number", SERIAL, primary_key=True),
        words("key", None),
        words("target", None),
        words("payload", None),
        number("made_us"),
        number("tries", "0"),
        sa.Column("next_us", sa.BigInteger),
        words("owner"),
        number("leased_us", "0"),
        number("done_us", "0"),
        words("error"),
        sa.UniqueConstraint("key", name="outbox_key"),
    )
    open_ones = sa.text("next_us IS NOT NULL")
    op.create_index(
        "outbox_due", "outbox", ["next_us"], sqlite_where=open_ones, postgresql_where=open_ones
    )  # fmt: skip


def refuse_changes() -> None:
    """What happened stays: these tables are added to, and the database itself refuses anything else."""
    if op.get_bind().dialect.name == "sqlite":
        for table in ONLY_ADDED_TO:
            for change in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table}"
                    f" BEGIN SELECT RAISE(ABORT, '{table} is only added to'); END"
                )
        return
    op.execute(
        "CREATE FUNCTION didymium_only_added_to() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION '% is only added to', TG_TABLE_NAME; END $$"
    )
    for table in ONLY_ADDED_TO:
        op.execute(
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION didymium_only_added_to()"
        )
