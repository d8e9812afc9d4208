"""Where an archive lies: a folder, or a bucket behind an S3-style URL. A file is there whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.fs as pafs

from didymium.historian.errors import BadArchive


class Place:
    """Files by name below one root; names may have slashes."""

    def __init__(self, url: str) -> None:
        """``url`` is an absolute folder, or what pyarrow takes, like ``s3://bucket/prefix``. Raises ``BadArchive``."""
        self.url = url
        self.folder = None if "://" in url else Path(url)
        if self.folder is not None:
            self._system, self._root = pafs.LocalFileSystem(), str(self.folder)
            return
        try:
            self._system, root = pafs.FileSystem.from_uri(url)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
            raise BadArchive(url, f"names no archive: {error}") from error
        self._root = root.rstrip("/")

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"

    def write(self, name: str, fill: Callable[[Any], None]) -> int:
        """Write a file through ``fill(sink)``; its bytes. It has its name only once it is whole and on the disk."""
        if self.folder is None:
            with self._system.open_output_stream(self._path(name)) as sink:
                fill(sink)
                return int(sink.tell())
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        fresh = file.with_name(f"{file.name}.new")
        try:
            with fresh.open("wb") as sink:
                fill(sink)
                sink.flush()
                os.fsync(sink.fileno())
                size = sink.tell()
            fresh.replace(file)
        finally:
            fresh.unlink(missing_ok=True)
        descriptor = os.open(file.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        return size

    def read(self, name: str) -> Any:
        """An open file to read from. Raises ``FileNotFoundError`` or another ``OSError``."""
        return self._system.open_input_file(self._path(name))

    def size(self, name: str) -> int | None:
        """Bytes of the file, None when it is not there."""
        info = self._system.get_file_info(self._path(name))
        return int(info.size) if info.type == pafs.FileType.File else None

    def rename(self, name: str, new: str) -> None:
        """Give a file its final name."""
        self._system.move(self._path(name), self._path(new))

    def remove(self, name: str) -> None:
        """Remove a file if it is there."""
        if self.size(name) is not None:
            self._system.delete_file(self._path(name))

    def names(self) -> list[str]:
        """Every file below the root."""
        chosen = pafs.FileSelector(self._root, recursive=True, allow_not_found=True)
        start = len(self._root) + 1
        return sorted(
            info.path[start:] for info in self._system.get_file_info(chosen) if info.type == pafs.FileType.File
        )
