"""What a backup consists of: one manifest per backup, and files that are known by their content.

A backup folder holds ``backups/<name>.json`` and ``files/ab/abcd…``, each file under the BLAKE2b digest of its
content, so that several backups share what did not change. The first line of a manifest is the digest of the rest.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Final

import msgspec

from didymium.historian.errors import BadBackup

DIGEST_BYTES: Final = 32
CHUNK_BYTES: Final = 4 << 20
FORMAT: Final = 1


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """A file of the installation: its path there, its size, and the digest under which the backup keeps it."""

    path: str
    bytes: int
    digest: str


class Stretch(msgspec.Struct, frozen=True, array_like=True):
    """An edge's last batch that is wholly in the backup."""

    edge: str
    first_seq: int
    last_seq: int


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """One backup. ``rows`` counts the store's rows by table, ``schema`` is the version of its tables."""

    format: int = FORMAT
    name: str
    program: str
    schema: int
    positions: list[Stretch]
    rows: dict[str, int]
    files: list[Entry]

    @property
    def bytes(self) -> int:
        """Size of everything that a restore puts in place."""
        return sum(entry.bytes for entry in self.files)


def manifest_file(backup: Path, name: str) -> Path:
    """Where a backup's manifest is."""
    return backup / "backups" / f"{name}.json"


def content_file(backup: Path, digest: str) -> Path:
    """Where the content with this digest is."""
    return backup / "files" / digest[:2] / digest


def names(backup: Path) -> list[str]:
    """The backups in the folder, oldest first."""
    return sorted(file.stem for file in (backup / "backups").glob("*.json"))


def write_manifest(backup: Path, manifest: Manifest) -> None:
    """Write it beside and rename it: a backup is there once its manifest is, never half."""
    content = msgspec.json.encode(manifest)
    file = manifest_file(backup, manifest.name)
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_suffix(".new")
    with fresh.open("wb") as out:
        out.write(_digest(content).encode() + b"\n" + content)
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(file)
    sync_folder(file.parent)


def read_manifest(backup: Path, name: str) -> Manifest:
    """The backup's manifest. Raises ``BadBackup`` for one that is not there, is not what was written, or is newer."""
    file = manifest_file(backup, name)
    try:
        digest, _, content = file.read_bytes().partition(b"\n")
    except FileNotFoundError as error:
        there = ", ".join(names(backup)[-5:]) or "none"
        raise BadBackup(backup, f"holds no backup {name!r}; it has: {there}") from error
    if _digest(content).encode() != digest:
        raise BadBackup(
            file, f"is damaged: its content is not what was written{_others(backup, name, 'use another one')}", (file,)
        )
    try:
        manifest = msgspec.json.decode(content, type=Manifest)
    except msgspec.ValidationError as error:
        raise BadBackup(file, f"is none that this program can read ({error}): use a later program") from error
    if manifest.format > FORMAT:
        raise BadBackup(file, f"has format {manifest.format}, this program knows up to {FORMAT}: use a later program")
    return manifest


def whole_manifests(backup: Path) -> list[Manifest]:
    """The manifests that can be read, newest first."""
    found = []
    for name in reversed(names(backup)):
        try:
            found.append(read_manifest(backup, name))
        except BadBackup:
            continue
    return found


def unharmed(backup: Path, name: str, digests: Sequence[str]) -> str:
    """Advice: which other backup needs none of the contents ``digests``."""
    harmed = set(digests)
    for other in whole_manifests(backup):
        if other.name != name and not any(entry.digest in harmed for entry in other.files):
            return f"; the backup {other.name} needs none of these: restore it with --at {other.name}"
    return "; no other backup in this folder is without them: restore from another copy of this folder"


def _others(backup: Path, name: str, advice: str) -> str:
    others = [other for other in names(backup) if other != name]
    return f"; {advice}: --at {others[-1]}" if others else "; no other backup is in this folder"


def _digest(content: bytes) -> str:
    return blake2b(content, digest_size=DIGEST_BYTES).hexdigest()


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
