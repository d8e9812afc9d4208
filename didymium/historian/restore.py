"""Puts a backup back into an empty folder, and trusts no byte of it before it was checked."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from typing import Final

import numpy as np

from didymium.historian import manifest as manifests
from didymium.historian.embedded import EmbeddedEngine
from didymium.historian.engine import column
from didymium.historian.errors import BadBackup, BadTarget, HistorianError
from didymium.historian.manifest import CHUNK_BYTES, DIGEST_BYTES, Entry, Manifest, content_file, read_manifest

UNFINISHED: Final = "restoring"
STORE: Final = "historian"
SHOWN: Final = 3
"""Damaged files that a message names."""


def restore(source: Path, folder: Path, *, at: str | None, told: Callable[[int, int], None]) -> Manifest:
    """Put the backup ``at``, or the newest one, into ``folder``; ``told`` hears bytes checked so far and in all.

    Everything is copied into a folder of its own first, compared with its digest on the way, and opened as a store;
    only then it is put in place. Raises ``BadTarget`` for a folder that is not empty or too small, and ``BadBackup``
    with every damaged file and what to do instead.
    """
    there = manifests.names(source)
    if not there:
        raise BadBackup(source, "holds no backup")
    manifest = read_manifest(source, at or there[-1])
    _empty(folder, manifest.bytes)
    unfinished = folder / UNFINISHED
    try:
        _copy_all(source, manifest, unfinished, told)
        if any(entry.path.startswith(f"{STORE}/") for entry in manifest.files):
            _prove(source, manifest, unfinished / STORE)
        for each in sorted(unfinished.iterdir()):
            each.rename(folder / each.name)
        manifests.sync_folder(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return manifest


def check(source: Path, at: str | None, told: Callable[[int, int], None]) -> Manifest:
    """Read every byte of a backup and compare; the same errors as ``restore``."""
    there = manifests.names(source)
    if not there:
        raise BadBackup(source, "holds no backup")
    manifest = read_manifest(source, at or there[-1])
    _copy_all(source, manifest, None, told)
    return manifest


def _empty(folder: Path, needed: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(folder / UNFINISHED, ignore_errors=True)  # of a restore that was cut off
    present = sorted(each.name for each in folder.iterdir())
    if present:
        raise BadTarget(
            folder, f"is not empty (it holds {', '.join(present[:3])}): restore into an empty folder, or a new one"
        )
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise BadTarget(folder, f"has {free:,} bytes free, the backup takes {needed:,}: choose a larger disk")


def _copy_all(source: Path, manifest: Manifest, folder: Path | None, told: Callable[[int, int], None]) -> None:
    """Check every file and, with a folder, copy it there. Raises ``BadBackup`` after the last with all that are bad."""
    total, done = manifest.bytes, 0
    damaged: list[tuple[Entry, str]] = []
    for entry in manifest.files:
        told(done, total)
        target = None if folder is None else _inside(folder, entry.path, source)
        fault = _copy(source, entry, target)
        if fault:
            damaged.append((entry, fault))
        done += entry.bytes
    told(total, total)
    if damaged:
        digests = list(dict.fromkeys(entry.digest for entry, _ in damaged))
        files = tuple(content_file(source, digest) for digest in digests)
        shown = "; ".join(
            f"{content_file(source, entry.digest)} ({entry.path}) {fault}" for entry, fault in damaged[:SHOWN]
        )
        more = f"; and {len(damaged) - SHOWN} more" if len(damaged) > SHOWN else ""
        advice = manifests.unharmed(source, manifest.name, digests)
        raise BadBackup(source, f"is damaged in {manifest.name}: {shown}{more}. Nothing was restored{advice}", files)


def _inside(folder: Path, path: str, source: Path) -> Path:
    target = folder / path
    if not target.resolve().is_relative_to(folder.resolve()):
        raise BadBackup(source, f"would write outside the folder: {path!r}")
    return target


def _copy(source: Path, entry: Entry, target: Path | None) -> str:
    """Copy one file; what is wrong with it, empty when nothing is."""
    mark = blake2b(digest_size=DIGEST_BYTES)
    size = 0
    sink = os.devnull if target is None else target
    if target is not None:
        target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with content_file(source, entry.digest).open("rb") as read, Path(sink).open("wb") as write:
            while chunk := read.read(CHUNK_BYTES):
                mark.update(chunk)
                write.write(chunk)
                size += len(chunk)
            if target is not None:
                write.flush()
                os.fsync(write.fileno())
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT) and target is not None:
            raise BadTarget(target, "has no space left: choose a larger disk") from error
        return f"cannot be read ({error.strerror})"
    if size != entry.bytes:
        return f"has {size:,} bytes, {entry.bytes:,} were written"
    return "" if mark.hexdigest() == entry.digest else "has other bytes than were written"


def _prove(source: Path, manifest: Manifest, store: Path) -> None:
    """Open the copied store and count: what the manifest says must be there. Raises ``BadBackup``."""
    for definition in (store / "metadata").glob("*.sql"):
        home = _uuid(definition.read_text(encoding="utf-8"))
        (store / "metadata" / definition.stem).symlink_to(Path("..") / "store" / home[:3] / home)
    try:
        engine = EmbeddedEngine(store)
        try:
            found = engine.read(
                "SELECT table, sum(rows) AS n FROM system.parts"
                f" WHERE active AND database = '{engine.database}' GROUP BY table"
            )
        finally:
            engine.close()
    except HistorianError as error:
        raise BadBackup(source, f"does not open as a store: {error}") from error
    counted = zip(column(found, "table", np.object_), column(found, "n", np.int64).tolist(), strict=True)
    rows = {str(table): n for table, n in counted}
    if rows != manifest.rows:
        raise BadBackup(source, f"opens with {rows} rows, {manifest.rows} were written")


def _uuid(definition: str) -> str:
    return definition.split("UUID '", 1)[1].split("'", 1)[0]
