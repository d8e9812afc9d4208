"""What ``didymium init`` writes: a small complex of two sites and 60 tags, to be edited into one's own."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent / "folder"


class FolderInUse(FileExistsError):
    """The folder holds something already, so nothing was written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        super().__init__(f"{folder} exists and is not an empty folder; choose another name")


def write(folder: Path) -> list[Path]:
    """Write the starter complex into a new or empty folder and return its files. Raises ``FolderInUse``."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FolderInUse(folder)
    shutil.copytree(FOLDER, folder, dirs_exist_ok=True)
    return sorted(path for path in folder.rglob("*") if path.is_file())
