"""Write docs/reference from the code, or with ``--check`` say which page is out of date."""

from __future__ import annotations

import sys
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


PAGES = {"command-line.md": command_line, "http-api.md": api}


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
