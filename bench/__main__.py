"""``python -m bench NAME [options]``: NAME is a module of this package with a ``main(arguments) -> exit code``."""

from __future__ import annotations

import importlib
import pkgutil
import sys

import bench

PARTS = ("__main__", "child", "day", "historian_table", "link", "listen", "load", "machine", "peers")
"""Modules that measurements share."""


def main() -> int:
    """Run the measurement that the command line names."""
    names = sorted(module.name for module in pkgutil.iter_modules(bench.__path__) if module.name not in PARTS)
    if len(sys.argv) < 2 or sys.argv[1] not in names:
        print(f"usage: python -m bench NAME [options]; NAME is one of {', '.join(names)}", file=sys.stderr)
        return 2
    code: int = importlib.import_module(f"bench.{sys.argv[1]}").main(sys.argv[2:])
    return code


if __name__ == "__main__":
    sys.exit(main())
