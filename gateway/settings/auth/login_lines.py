"""The file of logins: a line `login:hash` for each, with a hash of argon2id. Nobody's password stands in it."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Iterator
from pathlib import Path

from gateway.settings.yaml.problems import SHOWN_PROBLEMS, ConfigurationError, Mark, Problem, shown
from gateway.settings.yaml.values import login_name

#: The most octets of the file: 100,000 logins take some 12 MiB.
MAX_FILE_BYTES = 64 * 1024 * 1024
#: The most memory of one hash in KiB, its most passes and lanes: a worker checks two passwords at a time, each within
#: seconds and with a thread for each lane. RFC 9106 advises 2 GiB or 64 MiB, and 4 lanes.
MAX_MEMORY_KIB = 1024 * 1024
MAX_PASSES = 32
MAX_LANES = 64
#: The least memory for each lane in KiB (RFC 9106 3.1).
LANE_KIB = 8

_HASH = re.compile(
    r"\$argon2id\$v=19\$m=(?P<memory>\d{1,9}),t=(?P<passes>\d{1,9}),p=(?P<lanes>\d{1,3})"
    r"\$(?P<salt>[A-Za-z0-9+/]{11,86})\$(?P<value>[A-Za-z0-9+/]{16,86})"
)


def read_logins(file: Path) -> dict[str, str]:
    """Return the hash of each login, which is in lower case. Raises ConfigurationError with every problem."""
    try:
        content = file.read_bytes()[: MAX_FILE_BYTES + 1]
        text = content.decode("utf-8")
    except OSError as error:
        raise ConfigurationError([Problem(Mark(file), "", f"can't be read: {error.strerror}")]) from error
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigurationError([Problem(Mark(file, line), "", "not UTF-8")]) from error
    if len(content) > MAX_FILE_BYTES:
        raise ConfigurationError([Problem(Mark(file), "", f"is larger than {MAX_FILE_BYTES} bytes")])
    found: dict[str, str] = {}
    problems = list(_gather(file, text, found))
    if not found and not problems:
        sentence = "there is no login in it: `mailwarden password LOGIN` prints a line for this file"
        problems.append(Problem(Mark(file), "", sentence))
    if problems:
        raise ConfigurationError(problems[:SHOWN_PROBLEMS])
    return found


def _gather(file: Path, text: str, found: dict[str, str]) -> Iterator[Problem]:
    """Add each login to `found`, and yield the problems of the lines."""
    places: dict[str, int] = {}
    for number, written in enumerate(text.split("\n"), 1):
        line = written.strip()
        if not line or line.startswith("#"):
            continue
        login, _, hash = line.rpartition(":")
        key = login.lower()
        if sentence := _wrong_login(login) or _wrong_hash(hash):
            yield Problem(Mark(file, number), "", sentence)
        elif key in places:
            yield Problem(Mark(file, number), "", f"line {places[key]} has the login {shown(login)} too")
        else:
            places[key], found[key] = number, hash


def _wrong_login(login: str) -> str:
    if not login:
        return "a line is a login, a colon and a hash: `mailwarden password LOGIN` prints one"
    try:
        login_name(login)
    except ValueError as error:
        return str(error)
    return ""


def _wrong_hash(hash: str) -> str:
    match = _HASH.fullmatch(hash)
    if match is None:  # the hash is no less secret for being of another kind
        return "only hashes that begin with $argon2id$v=19$ are taken: make one with `mailwarden password LOGIN`"
    memory, passes, lanes = int(match["memory"]), int(match["passes"]), int(match["lanes"])
    if memory > MAX_MEMORY_KIB or passes > MAX_PASSES or lanes > MAX_LANES:
        most = f"m={MAX_MEMORY_KIB}, t={MAX_PASSES} and p={MAX_LANES}"
        return f"the hash takes too long to check: at most {most} are taken"
    whole = passes and lanes and memory >= LANE_KIB * lanes and _is_base64(match["salt"]) and _is_base64(match["value"])
    return "" if whole else "the hash is damaged: make it anew with `mailwarden password LOGIN`"


def _is_base64(text: str) -> bool:
    """Return whether argon2 can read the text: base64 without padding, and without a bit too many."""
    try:
        octets = b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return False
    return b64encode(octets).decode().rstrip("=") == text
