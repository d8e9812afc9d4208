"""Copies a frozen store, and what belongs to it, into a backup folder: only what is new, each file read back."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Final

from didymium.historian.errors import BadBackup
from didymium.historian.frozen import Frozen
from didymium.historian.manifest import (
    CHUNK_BYTES,
    DIGEST_BYTES,
    Entry,
    Manifest,
    Stretch,
    content_file,
    manifest_file,
    names,
    sync_folder,
    whole_manifests,
    write_manifest,
)

PART_MARK: Final = "checksums.txt"
"""The engine's own sums of a part's files. Parts never change, so a part with the same sums is the same part."""


@dataclass(frozen=True, slots=True)
class Tree:
    """A folder of the installation under its name in the backup.

    ``named_once`` is an ending of names that other content never gets: a file of the same name is the same file.
    """

    name: str
    folder: Path
    named_once: str | None = None


@dataclass(frozen=True, slots=True)
class Copied:
    """A finished backup: all its files, and those that had to be copied for it."""

    manifest: Manifest
    new_files: int
    new_bytes: int


@dataclass(frozen=True, slots=True)
class _New:
    path: str
    source: Path
    bytes: int


def copy(
    trees: Sequence[Tree], frozen: Frozen, destination: Path, *, program: str, told: Callable[[int, int], None]
) -> Copied:
    """Make the backup ``frozen.name`` in ``destination``; ``told`` hears bytes copied so far and to copy.

    Raises ``BadBackup`` for a folder that holds something else, or with too little space. A backup that was cut off
    has no manifest; what it copied is used by the next one.
    """
    with _held(destination):
        before = whole_manifests(destination)
        kept, new = _plan(trees, destination, before[0] if before else None)
        total = sum(file.bytes for file in new)
        free = shutil.disk_usage(destination).free
        if total > free:
            raise BadBackup(destination, f"has {free:,} bytes free, the backup needs {total:,} more")
        done = 0
        entries = list(kept)
        for file in new:
            told(done, total)
            try:
                entries.append(Entry(file.path, *_store(file.source, destination)))
            except FileNotFoundError as error:
                raise BadBackup(file.source, "went away while it was copied: run the backup again") from error
            except OSError as error:
                if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                    raise
                raise BadBackup(destination, f"is full after {done:,} of {total:,} bytes: make room") from error
            done += file.bytes
        told(total, total)
        for folder in {content_file(destination, entry.digest).parent for entry in entries}:
            sync_folder(folder)
        manifest = Manifest(
            name=frozen.name,
            program=program,
            schema=frozen.schema,
            positions=[Stretch(each.edge, each.first_seq, each.last_seq) for each in frozen.positions],
            rows=frozen.rows,
            files=sorted(entries, key=lambda entry: entry.path),
        )
        write_manifest(destination, manifest)
    return Copied(manifest, len(new), total)


def keep_newest(destination: Path, count: int) -> int:
    """Remove all but the newest ``count`` backups and the files that only they need; the backups removed.

    Only backups are counted whose manifest can be read: a damaged one is removed only with those older than it.
    """
    with _held(destination):
        kept = whole_manifests(destination)[:count]
        if len(kept) < count:
            return 0
        gone = [name for name in names(destination) if name < kept[-1].name]
        for name in gone:
            manifest_file(destination, name).unlink()
        needed = {entry.digest for manifest in whole_manifests(destination) for entry in manifest.files}
        if len(whole_manifests(destination)) == len(names(destination)):
            for file in (destination / "files").glob("*/*"):
                if file.name not in needed:
                    file.unlink()
    return len(gone)


@contextmanager
def _held(destination: Path) -> Iterator[None]:
    """The backup folder for this process alone. Raises ``BadBackup``."""
    destination.mkdir(parents=True, exist_ok=True)
    if any(destination.iterdir()) and not (destination / "backups").is_dir():
        raise BadBackup(destination, "holds something else: give an empty folder, or one with backups")
    (destination / "backups").mkdir(exist_ok=True)
    with (destination / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BadBackup(destination, "is being written by another backup: wait for it to end") from error
        yield


def _plan(trees: Sequence[Tree], destination: Path, before: Manifest | None) -> tuple[list[Entry], list[_New]]:
    """What the last backup has already, and what is to be copied."""
    known = {entry.path: entry for entry in before.files} if before else {}
    kept: list[Entry] = []
    new: list[_New] = []
    for tree in trees:
        for folder, _, found in os.walk(tree.folder):
            here = Path(folder)
            files = [here / name for name in sorted(found)]
            paths = [str(Path(tree.name) / file.relative_to(tree.folder)) for file in files]
            sizes = [file.stat().st_size for file in files]
            same_part = PART_MARK in found and _same_part(files, paths, known)
            for file, path, size in zip(files, paths, sizes, strict=True):
                entry = known.get(path)
                same = same_part or file.suffix == tree.named_once
                if same and entry is not None and entry.bytes == size and _present(destination, entry):
                    kept.append(entry)
                else:
                    new.append(_New(path, file, size))
    return kept, new


def _same_part(files: Sequence[Path], paths: Sequence[str], known: dict[str, Entry]) -> bool:
    """Whether the part is the one that the last backup holds under its name; a name can come again, sums cannot."""
    mark = next(at for at, file in enumerate(files) if file.name == PART_MARK)
    entry = known.get(paths[mark])
    return entry is not None and entry.digest == digest_of(files[mark])


def _present(destination: Path, entry: Entry) -> bool:
    try:
        return content_file(destination, entry.digest).stat().st_size == entry.bytes
    except FileNotFoundError:
        return False


def _store(source: Path, destination: Path) -> tuple[int, str]:
    """Copy a file to where its content belongs, read it back from the disk, and return its size and digest."""
    fresh = destination / "files" / f"new-{os.getpid()}"
    fresh.parent.mkdir(exist_ok=True)
    mark = blake2b(digest_size=DIGEST_BYTES)
    size = 0
    try:
        with source.open("rb") as read, fresh.open("wb") as write:
            while chunk := read.read(CHUNK_BYTES):
                mark.update(chunk)
                write.write(chunk)
                size += len(chunk)
            write.flush()
            os.fsync(write.fileno())
            os.posix_fadvise(write.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        digest = mark.hexdigest()
        if digest_of(fresh) != digest:
            raise BadBackup(fresh, "reads back other bytes than were written: this disk cannot be trusted", (fresh,))
        place = content_file(destination, digest)
        place.parent.mkdir(exist_ok=True)
        fresh.replace(place)
    finally:
        fresh.unlink(missing_ok=True)
    return size, digest


def digest_of(file: Path) -> str:
    """The digest of a file's content."""
    mark = blake2b(digest_size=DIGEST_BYTES)
    with file.open("rb") as read:
        while chunk := read.read(CHUNK_BYTES):
            mark.update(chunk)
    return mark.hexdigest()
