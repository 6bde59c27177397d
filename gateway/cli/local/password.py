"""`mailwarden password LOGIN`: a line for the file of logins, with a hash of a password that is typed."""

from __future__ import annotations

import getpass
import sys
from typing import Annotated

import typer
from argon2 import PasswordHasher

from gateway.cli.options import UNUSABLE, fail
from gateway.settings.yaml.values import login_name

#: The fewest characters of a password (NIST SP 800-63B 5.1.1.2), and its most octets, as AUTH takes them.
FEWEST_CHARACTERS = 8
MOST_BYTES = 1000


def password(login: Annotated[str, typer.Argument(help="The login, such as the person's address.")]) -> None:
    """Ask for a password, and print the line of this login for the file under `auth: logins`.

    Without a terminal the password is the first line of standard input.
    """
    try:
        name = login_name(login).lower()
    except ValueError as error:
        fail(str(error), UNUSABLE)
    secret = _typed() if sys.stdin.isatty() else sys.stdin.readline().removesuffix("\n")
    if len(secret) < FEWEST_CHARACTERS or len(secret.encode()) > MOST_BYTES or "\0" in secret:
        fail(f"a password has at least {FEWEST_CHARACTERS} characters, and at most {MOST_BYTES} octets", UNUSABLE)
    typer.echo(f"{name}:{PasswordHasher().hash(secret)}")


def _typed() -> str:
    """Return a password that was typed twice; the terminal shows none of it."""
    secret = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != secret:
        fail("the passwords differ: nothing was printed", UNUSABLE)
    return secret
