"""Where the records are: a file or a PostgreSQL database, out of one URL."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, urlsplit

from didymium.records.errors import BadUrl

SQLITE: Final = "sqlite:///"
POSTGRESQL: Final = "postgresql"
RIGHT: Final = "write sqlite:///path/to/records.sqlite or postgresql://user@host:5432/database"


@dataclass(frozen=True, slots=True)
class Address:
    """``file`` is the SQLite file, None for a server; ``url`` is for the driver, ``shown`` may stand in a message."""

    file: Path | None
    url: str
    shown: str


def address(url: str) -> Address:
    """Read ``sqlite:///relative``, ``sqlite:////absolute`` or ``postgresql://user:password@host:port/database``.

    What follows a ``?`` goes to libpq: ``sslmode=verify-full``, ``host=/run/postgresql``. Raises ``BadUrl``.
    """
    if url.startswith(SQLITE):
        name = url.removeprefix(SQLITE)
        if not name or name == ":memory:":
            raise BadUrl(url, "records that are gone when the program ends are none: " + RIGHT)
        if "?" in name:
            raise BadUrl(url, "a file has no options: " + RIGHT)
        return Address(Path(name), url, name)
    parts = urlsplit(url)
    if parts.scheme not in (POSTGRESQL, "postgres"):
        raise BadUrl(_shown(parts) if parts.password else url, RIGHT)
    shown = _shown(parts)
    try:
        _ = parts.port
    except ValueError as error:
        raise BadUrl(shown, f"{error}: {RIGHT}") from error
    if not parts.path.strip("/"):
        raise BadUrl(shown, "it does not say which database: " + RIGHT)
    return Address(None, parts._replace(scheme=f"{POSTGRESQL}+psycopg").geturl(), shown)


def placed(url: str, folder: Path) -> str:
    """The same URL with a relative file put into ``folder``. Raises ``BadUrl``."""
    file = address(url).file
    return url if file is None or file.is_absolute() else f"{SQLITE}{folder / file}"


def _shown(parts: SplitResult) -> str:
    """The URL without its password."""
    login, at, host = parts.netloc.rpartition("@")
    user, colon, _ = login.partition(":")
    return parts._replace(netloc=f"{user}{':***' if colon else ''}{at}{host}").geturl()
