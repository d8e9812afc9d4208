"""The starter complex is read without mistakes and never overwrites anything."""

from pathlib import Path

import pytest

from didymium.model import folder, starter
from didymium.model.plant import Protocol


def test_starter_is_a_small_complex_without_mistakes(tmp_path: Path) -> None:
    written = starter.write(tmp_path / "mine")
    assert tmp_path / "mine" / "complex.toml" in written
    complex_ = folder.read_complex(tmp_path / "mine")
    assert len(complex_.sites) == 2
    assert len(complex_.tags) == 60
    assert {site.connection.protocol for site in complex_.sites} == {Protocol.SPARKPLUG, Protocol.MODBUS}


def test_starter_fills_an_empty_folder(tmp_path: Path) -> None:
    starter.write(tmp_path)
    assert folder.check(tmp_path) == []


def test_starter_leaves_a_folder_in_use_alone(tmp_path: Path) -> None:
    note = tmp_path / "note.txt"
    note.write_text("mine")
    with pytest.raises(starter.FolderInUse, match="not an empty folder"):
        starter.write(tmp_path)
    assert list(tmp_path.iterdir()) == [note]
    with pytest.raises(starter.FolderInUse):
        starter.write(note)
