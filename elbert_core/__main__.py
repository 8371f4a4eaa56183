"""`python -m elbert_core`."""

from elbert_core.cli.main import main

main()
