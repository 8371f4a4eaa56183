"""`python -m elbert_core`."""

from elbert_core.cli import main

main()
