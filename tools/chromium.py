"""Find a Chromium for the browser tests, or install one; prints its path."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ADVICE = "No Chromium: install the package 'chromium', or set DIDYMIUM_CHROMIUM to a Chromium or Chrome program."


def found() -> str | None:
    """Path of a Chromium that is here, or None."""
    named = os.environ.get("DIDYMIUM_CHROMIUM")
    if named:
        return named if Path(named).exists() else None
    for name in NAMES:
        path = shutil.which(name)
        if path:
            return path
    caches = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH", Path.home() / ".cache" / "ms-playwright"))
    return next((str(path) for path in sorted(caches.glob("chromium-*/chrome-linux*/chrome"), reverse=True)), None)


def installed() -> str | None:
    """Install Chromium, as a system package where that is allowed, else Playwright's own; its path or None."""
    ways: list[list[list[str]]] = [[[sys.executable, "-m", "playwright", "install", "chromium"]]]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        install = ["apt-get", "install", "-y", "-qq", "chromium", "fonts-noto-cjk"]
        ways.insert(0, [["apt-get", "update", "-qq"], install])
    for way in ways:
        print("Installing Chromium:", " ".join(way[-1]), file=sys.stderr)
        for command in way:
            environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
            if subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, timeout=600, check=False).returncode:
                break
        path = found()
        if path:
            return path
    return None


def main() -> int:
    """``--install`` installs one where none is found."""
    path = found() or (installed() if "--install" in sys.argv else None)
    print(path or ADVICE, file=sys.stdout if path else sys.stderr)
    return 0 if path else 1


if __name__ == "__main__":
    sys.exit(main())
