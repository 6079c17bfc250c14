"""``python -m misid``."""

from misid.cli.main import main

main()
