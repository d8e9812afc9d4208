"""A store is made, upgraded, or refused with the reason when it is opened."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
import recorded
import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from didymium.records import engine
from didymium.records.errors import StoreBusy, StoreDamaged, StoreForeign, StoreGone, StoreTooNew
from didymium.records.people import DESK
from didymium.records.schema import METADATA, VERSION_TABLE
from didymium.records.store import Records

PROJECT = Path(__file__).parents[2]


def say(url: str, *statements: str) -> None:
    store = sqlalchemy.create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with store.begin() as connection:
        for statement in statements:
            connection.execute(sqlalchemy.text(statement))
    store.dispose()


def test_migrations_make_the_tables_that_the_code_knows(records: Records, records_url: str) -> None:
    store = sqlalchemy.create_engine(records_url.replace("postgresql:", "postgresql+psycopg:"))
    with store.connect() as connection:
        # SQLite tells a default as it was written, which is never quite as it is asked for.
        wanted = {"version_table": VERSION_TABLE, "compare_server_default": records_url.startswith("postgresql")}
        context = MigrationContext.configure(connection, opts=wanted)
        assert compare_metadata(context, METADATA) == []
    store.dispose()


def test_what_was_written_is_there_after_opening_again(records_url: str) -> None:
    first = Records.open(records_url)
    recorded.declare(first)
    first.steps.write(recorded.step(recorded.ALARMS, positions={"S01": recorded.T0}))
    first.close()
    again = Records.open(records_url)
    assert again.journal.last_seq() == len(recorded.ALARMS)
    assert again.steps.positions() == {"S01": recorded.T0}
    again.close()


def test_several_processes_may_open_an_empty_store_at_once(records_url: str) -> None:
    program = "import sys; from didymium.records.store import Records; Records.open(sys.argv[1]).close()"
    opening = [subprocess.Popen([sys.executable, "-c", program, records_url], cwd=PROJECT) for _ in range(4)]
    assert [process.wait(timeout=60) for process in opening] == [0, 0, 0, 0]
    records = Records.open(records_url)
    assert [person.name for person in records.people.all()] == [DESK]
    records.close()


def test_several_threads_may_open_empty_stores_at_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as hands:
        urls = [f"sqlite:///{tmp_path / f'{number}.sqlite'}" for number in range(4)]
        opened = list(hands.map(Records.open, urls))
    assert [len(each.people.all()) for each in opened] == [1, 1, 1, 1]
    for each in opened:
        each.close()


def test_a_store_of_a_later_program_is_refused_and_not_touched(records_url: str) -> None:
    Records.open(records_url).close()
    say(records_url, f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
    with pytest.raises(StoreTooNew, match=r"has schema 9999, this program knows up to \d+: use a later program"):
        Records.open(records_url)
    say(records_url, f"UPDATE {VERSION_TABLE} SET version_num = '0003'")
    Records.open(records_url).close()


def test_a_database_of_something_else_is_refused_and_not_touched(records_url: str) -> None:
    if records_url.startswith("sqlite"):
        Path(records_url.removeprefix("sqlite:///")).parent.mkdir(parents=True)
    say(records_url, "CREATE TABLE journal (page integer)")
    with pytest.raises(StoreForeign, match=r"holds tables of something else \(journal\)"):
        Records.open(records_url)
    say(records_url, "DROP TABLE journal")
    Records.open(records_url).close()


def test_an_upgrade_that_fails_leaves_the_store_as_it_was(records_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from didymium.records import migrating

    def fails(*_: object) -> None:
        raise RuntimeError("power cut")

    upgrade = migrating.command.upgrade
    monkeypatch.setattr(migrating.command, "upgrade", lambda *given: (upgrade(*given), fails()))
    with pytest.raises(RuntimeError, match="power cut"):
        Records.open(records_url)
    monkeypatch.undo()
    store = sqlalchemy.create_engine(records_url.replace("postgresql:", "postgresql+psycopg:"))
    assert sqlalchemy.inspect(store).get_table_names() == []
    store.dispose()
    Records.open(records_url).close()


def test_a_file_is_durable_private_and_holds_its_references(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "records.sqlite"
    records = Records.open(f"sqlite:///{file}")
    recorded.declare(records)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.with_name("records.sqlite-wal").stat().st_mode) == 0o600
    with records._store.reading() as connection:
        asked = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        assert [connection.exec_driver_sql(f"PRAGMA {each}").scalar() for each in asked] == ["wal", 2, 1, 10_000]
    records.close()


def test_a_file_that_is_no_database_is_called_damaged(tmp_path: Path) -> None:
    file = tmp_path / "records.sqlite"
    file.write_bytes(b"not a database " * 1000)
    with pytest.raises(StoreDamaged, match=r"records\.sqlite is damaged \(file is not a database\): restore it"):
        Records.open(f"sqlite:///{file}")


def test_a_file_that_another_writer_holds_is_called_busy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "BUSY_S", 0.05)
    file = tmp_path / "records.sqlite"
    records = Records.open(f"sqlite:///{file}")
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreBusy, match=r"held by another writer for more than 0\.05 s: try again"):
        recorded.declare(records)
    assert records.journal.last_seq() == 0  # readers do not wait
    other.close()
    recorded.declare(records)
    records.close()


def test_a_turn_that_another_holds_on_a_server_is_called_busy(postgresql: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with recorded.database(postgresql) as url:
        records = Records.open(recorded.hurried(url))
        monkeypatch.setattr(engine, "BUSY_S", 0.05)
        with psycopg.connect(url) as other:
            other.execute(f"SELECT pg_advisory_xact_lock({int(engine.Turn.JOURNAL)})")
            with pytest.raises(StoreBusy, match=r"held by another writer for more than 0\.05 s: try again"):
                recorded.declare(records)
        recorded.declare(records)
        records.close()


def test_a_folder_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(StoreGone, match=r"taken/records\.sqlite cannot be reached"):
        Records.open(f"sqlite:///{tmp_path / 'taken' / 'records.sqlite'}")


def test_a_server_that_does_not_answer_is_named_without_the_password() -> None:
    with pytest.raises(StoreGone, match=r"127\.0\.0\.1") as gone:
        Records.open("postgresql://plant:opensesame@127.0.0.1:1/records")
    assert "opensesame" not in str(gone.value)


def test_a_database_that_is_not_there_is_named(postgresql: str) -> None:
    with pytest.raises(StoreGone, match='database "nowhere" does not exist'):
        Records.open(postgresql.replace("DATABASE", "nowhere"))


def test_a_server_that_came_back_is_used_again(postgresql: str) -> None:
    with recorded.database(postgresql) as url:
        records = Records.open(url)
        recorded.declare(records)
        with psycopg.connect(url, autocommit=True) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        records.steps.write(recorded.step(recorded.ALARMS))
        assert records.journal.last_seq() == len(recorded.ALARMS)
        records.close()
