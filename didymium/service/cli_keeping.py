"""``didymium``: commands that look after what is stored."""

from __future__ import annotations

from pathlib import Path

from cyclopts import App

from didymium.service.cli_app import HERE, Where, app


@app.command
def backup(destination: Path, *, where: Where = HERE, keep: int = 0, verify: bool = False, at: str = "") -> int:
    """Copy historian and records, as they are at one instant, into a folder on another disk: only what is new.

    The installation may run. Every file is read back and kept with its checksum; several backups share their files.

    Parameters
    ----------
    destination
        Folder of the backups, empty or with earlier ones.
    keep
        Afterwards remove all but this many of the newest backups; 0 removes none.
    verify
        Make none; read every byte of a backup and compare it with its checksum.
    at
        Which backup to verify, by its name; the newest if left out.
    """
    from didymium.service import keeping

    return keeping.verify(destination, at) if verify else keeping.backup(where.instance(), destination, keep)


@app.command
def restore(source: Path, *, data: Path, at: str = "") -> int:
    """Put a backup into an empty folder, on this machine or another; nothing is put in place before all is checked.

    Parameters
    ----------
    source
        Folder of the backups.
    data
        Folder of the installation's data: new, or empty.
    at
        Which backup, by its name; the newest if left out.
    """
    from didymium.service.keeping import restore as run

    return run(source, data, at)


historian = App(name="historian", help="Look after the historian.")
app.command(historian)


@historian.command(name="check")
def check_historian(*, where: Where = HERE) -> int:
    """Look for damage: torn parts, checksums, missing days, definitions, the archive; say what to do about each."""
    from didymium.service.examine import check as run

    return run(where.instance())


@historian.command(name="archive")
def archive_historian(*, where: Where = HERE) -> int:
    """Move the days that are due to the archive now. A running centre does this by itself, every hour."""
    from didymium.service.examine import archive as run

    return run(where.instance())
