"""``python -m bench NAME [options]``: NAME is a module of this package with a ``main(arguments) -> exit code``.

``faults-catalogue`` is the module ``faults_catalogue``.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys

import bench

PARTS = (
    "__main__",
    "alarm_days",
    "alarm_flood",
    "balance_days",
    "balance_planted",
    "balance_solve",
    "catalogue",
    "child",
    "day",
    "first_alarms",
    "historian_table",
    "kpi_truth",
    "link",
    "listen",
    "load",
    "machine",
    "markdown",
    "peers",
    "shown",
)
"""Modules that measurements share."""


def main() -> int:
    """Run the measurement that the command line names."""
    modules = (module.name for module in pkgutil.iter_modules(bench.__path__) if module.name not in PARTS)
    names = sorted(name.replace("_", "-") for name in modules)
    if len(sys.argv) < 2 or sys.argv[1] not in names:
        print(f"usage: python -m bench NAME [options]; NAME is one of {', '.join(names)}", file=sys.stderr)
        return 2
    code: int = importlib.import_module(f"bench.{sys.argv[1].replace('-', '_')}").main(sys.argv[2:])
    return code


if __name__ == "__main__":
    sys.exit(main())
