"""``python -m didymium``."""

from didymium.service.cli import main

main()
