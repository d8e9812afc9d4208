"""Brings a store to this program's schema when it is opened."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from didymium.records.engine import Store, Turn
from didymium.records.errors import StoreForeign, StoreTooNew
from didymium.records.schema import METADATA, VERSION_TABLE

SCRIPTS: Final = Path(__file__).resolve().parent / "migrations"
_ONE_CONTEXT: Final = threading.Lock()
"""Alembic has one context in a process: two threads would run their scripts on one connection."""


def migrate(store: Store) -> None:
    """Make or upgrade the tables, in one transaction that other processes wait for.

    Raises ``StoreTooNew`` and ``StoreForeign`` before anything is changed.
    """
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    scripts = ScriptDirectory.from_config(config)
    newest = scripts.get_current_head()
    with store.reading() as connection:
        if _version(connection) == newest:
            return
    with _ONE_CONTEXT, store.writing(Turn.SCHEMA) as connection:
        found = _version(connection)
        if found == newest:
            return
        if found is None:
            taken = set(METADATA.tables) & set(inspect(connection).get_table_names())
            if taken:
                raise StoreForeign(store.where, sorted(taken))
        elif found not in {script.revision for script in scripts.walk_revisions()}:
            raise StoreTooNew(store.where, found, str(newest))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _version(connection: Connection) -> str | None:
    if VERSION_TABLE not in inspect(connection).get_table_names():
        return None
    return connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()
