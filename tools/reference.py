"""Write docs/reference from the code, or with ``--check`` say which page is out of date."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

PROJECT = Path(__file__).resolve().parents[1]
REFERENCE = PROJECT / "docs" / "reference"


def command_line() -> str:
    """Every command with its options."""
    from didymium.service.cli import app

    return str(app.generate_docs(output_format="markdown")).strip() + "\n"


def api() -> str:
    """Every address of the HTTP API with its parameters."""
    from litestar import Litestar
    from litestar.di import Provide

    from didymium.web.app import API, REFERENCE

    desk = {"desk": Provide(lambda: None, sync_to_thread=False)}
    schema = Litestar(API, dependencies=desk, openapi_config=REFERENCE).openapi_schema.to_schema()
    lines = ["# HTTP API", "", str(schema["info"]["description"]), ""]
    lines += ["The same, to try out, is at `/api/docs` of a running centre.", ""]
    for path, methods in sorted(cast("dict[str, dict[str, Any]]", schema["paths"]).items()):
        for method, operation in methods.items():
            said = f"{operation['summary']}. {operation.get('description', '')}".strip()
            lines += [f"## `{method.upper()} {path}`", "", said, ""]
            for parameter in operation.get("parameters", []):
                needed = "" if parameter["required"] else f", default {parameter['schema'].get('default')}"
                kind = parameter["schema"].get("type", "")
                about = f"- `{parameter['name']}` ({kind}{needed}): {parameter.get('description', '')}"
                lines.append(about.rstrip(": "))
            if operation.get("parameters"):
                lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def twin() -> str:
    """What the ``twin.toml`` of a complex folder can vary: stores, parameters of units, steps."""
    from didymium.twin.parameters import EVERYWHERE, BySite
    from didymium.twin.stocks import STOCKS
    from didymium.twin.units import UNIT_TYPES

    def figure(value: BySite) -> str:
        if not isinstance(value, Mapping):
            return f"{value:g}"
        sites = [f"{site} {of_site:g}" for site, of_site in value.items() if site != EVERYWHERE]
        return ", ".join([*sites, *([f"others {value[EVERYWHERE]:g}"] if EVERYWHERE in value else [])])

    lines = ["# What a complex folder can vary of its twin", ""]
    lines += ["The keys are in [the complex folder](complex-folder.md#twintoml). (A) marks an assumption.", ""]
    lines += ["## Stores", "", "What lies there when the twin begins, t.", ""]
    lines += ["| site | goods | usual | at most | source |", "|---|---|---|---|---|"]
    for (site, goods), stock in sorted(STOCKS.items()):
        lines.append(f"| `{site}` | `{goods}` | {stock.usual_t:,g} | {stock.most_t:,g} | {stock.source} |")
    lines += ["", "## Parameters", ""]
    lines.append("| template | name | unit | usual | least | most | what it is, and what it moves |")
    lines.append("|---|---|---|---|---|---|---|")
    for template, kind in UNIT_TYPES.items():
        for name, each in kind.parameters.items():
            figures = " | ".join(figure(value) for value in (each.usual, each.least, each.most))
            lines.append(f"| `{template}` | `{name}` | {each.unit} | {figures} | {each.words} |")
    lines += ["", "## Steps", "", "Models that may be stepped more seldom, s. All others keep their own time.", ""]
    lines += ["| template | usual | at most |", "|---|---|---|"]
    for template, kind in UNIT_TYPES.items():
        if kind.longest_step_s > 1:
            lines.append(f"| `{template}` | {kind.step_s} | {kind.longest_step_s} |")
    return "\n".join(lines) + "\n"


PAGES = {"command-line.md": command_line, "http-api.md": api, "twin.md": twin}


def main() -> int:
    """Write or check every page; the number of pages out of date."""
    stale = 0
    for name, page in PAGES.items():
        path = REFERENCE / name
        text = page()
        if "--check" in sys.argv:
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                print(f"{path.relative_to(PROJECT)} is out of date: run tools/reference.py")
                stale += 1
        else:
            path.write_text(text, encoding="utf-8")
    return stale


if __name__ == "__main__":
    sys.exit(main())
