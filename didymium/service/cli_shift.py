"""``didymium``: commands of the shift: its report, and whether the people who are away can be reached."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from didymium.service.cli_app import HERE, Where, app


@app.command
def report(
    *,
    where: Where = HERE,
    shift: str = "",
    format: Literal["pdf", "xlsx", "html", "json"] = "pdf",  # noqa: A002 - the command's word
    language: Literal["en", "zh"] = "en",
    site: str = "",
    out: Path | None = None,
) -> int:
    """Write the report of a shift to a file. It needs a running centre.

    Example: didymium report --shift 2026-11-28/night --format pdf --language zh --out night.pdf

    Parameters
    ----------
    shift
        Date on which it began in the plant's zone, and its id: 2026-11-28/night; the last one that ended if left out.
    format
        What to write.
    language
        Language of the report.
    site
        Only this site; all if left out.
    out
        File to write; named after the shift, in this folder, if left out.
    """
    from didymium.service.shift import report as run

    return run(where.instance(), shift, format, language, site, out)


@app.command(name="notify-test")
def notify_test(target: str, *, where: Where = HERE, language: Literal["en", "zh"] = "en") -> int:
    """Send a test to a target of instance.toml, and say what its server answered. It needs no running centre.

    Parameters
    ----------
    target
        Name of the target, as in [targets.NAME].
    language
        Language of the test.
    """
    from didymium.service.shift import notify_test as run

    return run(where.instance(), target, language)
