"""Reads ``labels.toml``: the words of states in Chinese, as the screens show them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from didymium.model.mistakes import Mistakes, did_you_mean
from didymium.model.plant import LabelWords, Template
from didymium.model.toml_rows import KeyPath
from didymium.model.toml_table import Key, Shape, TomlFile, read_toml, table

FILE: Final = "labels.toml"
TABLES: Final = {
    "labels": Key(Shape.NAMED_TEXTS, required=False),
    "of": Key(Shape.TABLES, required=False),
}
OF_KEYS: Final = {"tag": Key(Shape.TEXT), "labels": Key(Shape.NAMED_TEXTS)}


def read_labels(folder: Path, templates: Mapping[str, Template], mistakes: Mistakes) -> LabelWords:
    """Return the words of a folder; without ``labels.toml`` there are none, and labels are shown as they stand."""
    toml = read_toml(folder / FILE, FILE, mistakes) if (folder / FILE).is_file() else None
    if toml is None:
        return LabelWords()
    said = table(toml, (), toml.data, TABLES)
    tags = {f"{template.id}.{tag.name}": tag.labels for template in templates.values() for tag in template.tags}
    everywhere = dict.fromkeys(label for labels in tags.values() for label in labels)
    known = _words(toml, ("labels",), said.get("labels", {}), everywhere, "no tag has this label")
    of: dict[str, Mapping[str, str]] = {}
    for index, data in enumerate(said.get("of", ())):
        path: KeyPath = ("of", index)
        entry = table(toml, path, data, OF_KEYS)
        name = entry.get("tag")
        if name is None or "labels" not in entry:
            continue
        if not tags.get(name):
            hint = did_you_mean(
                name, [each for each, labels in tags.items() if labels], "no tag with labels has this name"
            )
            toml.mistake((*path, "tag"), name, hint)
        elif name in of:
            toml.mistake((*path, "tag"), name, "the labels of this tag are named already")
        else:
            of[name] = _words(
                toml, (*path, "labels"), entry["labels"], dict.fromkeys(tags[name]), f"{name} has no such label"
            )
    return LabelWords(known, of)


def _words(
    toml: TomlFile, path: KeyPath, said: Mapping[str, Any], labels: Mapping[str, None], otherwise: str
) -> Mapping[str, str]:
    """Return the words of labels that there are; another label, or an empty word, is a mistake."""
    for label, word in said.items():
        if label not in labels:
            toml.mistake((*path, label), label, did_you_mean(label, labels, otherwise))
        elif not word.strip():
            toml.mistake((*path, label), word, "the text is empty")
    return {label: word.strip() for label, word in said.items() if label in labels and word.strip()}
