"""The documentation as the tests of it see it: pages, fenced blocks, commands."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
PAGES = sorted([*PROJECT.glob("*.md"), *(PROJECT / "docs").rglob("*.md")])
FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")
SETTING = re.compile(r"[A-Z_]+=\S*")
GENERATED = {"command-line.md", "http-api.md", "twin.md"}


@dataclass(frozen=True)
class Block:
    """One fenced block with its language, its lines without the fence's indentation."""

    page: Path
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(PROJECT)}: {self.text.strip().splitlines()[0]}"


def written() -> list[Path]:
    """The pages that people write."""
    return [page for page in PAGES if page.name not in GENERATED]


def blocks(*languages: str) -> list[Block]:
    """All fenced blocks in one of the languages."""
    found = []
    for page in written():
        for language, text in FENCE.findall(page.read_text(encoding="utf-8")):
            if language in languages:
                indent = min((len(line) - len(line.lstrip()) for line in text.splitlines() if line.strip()), default=0)
                found.append(Block(page, language, "\n".join(line[indent:] for line in text.splitlines())))
    return found


def commands(program: str) -> list[tuple[Path, list[str]]]:
    """Every command line of ``program``, as the arguments behind its name, from blocks and from inline code."""
    found = []
    for page in written():
        text = page.read_text(encoding="utf-8")
        lines = [line for _, block in FENCE.findall(text) for line in block.splitlines()]
        lines += INLINE.findall(FENCE.sub("", text))
        for line in lines:
            found += [(page, words[1:]) for words in _simple(line) if words[:1] == [program] and len(words) > 1]
    return found


def _simple(line: str) -> Iterator[list[str]]:
    """The simple commands of a shell line, without settings before and redirections behind them."""
    try:
        words = shlex.split(line, comments=True)
    except ValueError:
        return
    words = [word for word in words if not SETTING.fullmatch(word)]
    command: list[str] = []
    for word in [*words, ";"]:
        if word in ("|", "&&", ";", ">", ">>"):
            yield command
            command = []
        else:
            command.append(word)
