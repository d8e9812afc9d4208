"""What notice rules and targets are called: it becomes part of a key that travels in a header."""

from __future__ import annotations

import re
from typing import Final

NAME: Final = re.compile(r"[A-Za-z0-9_-]+")
