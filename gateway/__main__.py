"""`python -m gateway` is the command line."""

from gateway.cli.main import main

main()
