"""`mailwarden audit verify`: a check that nobody has changed the records, or exported evidence."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.cli.control_client import result_or_exit
from gateway.cli.options import REFUSED, UNUSABLE, ConfigOption, JsonOption, fail
from gateway.cli.output import console, json_lines, moment, safe
from gateway.operations.evidence import (
    MOST_BYTES,
    MOST_KEY_BYTES,
    EvidenceCheck,
    NotEvidence,
    check_evidence,
    read_public_key,
)

#: Digits of a head's hash that are printed: enough to know it again.
HASH_DIGITS = 32


def verify(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE.zip]", help="Check evidence that was exported, and not the records."),
    ] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
    key: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The gateway's public key, from `audit key`: no gateway is needed here."),
    ] = None,
    expect: Annotated[
        list[str] | None,
        typer.Option(metavar="NUMBER:HASH", help="A head noted earlier, which must be in the chain; may be repeated."),
    ] = None,
) -> None:
    """Check that no row of the records was changed, removed or inserted. Exit code 1 if one was, 2 if nobody can say.

    Note the heads that it prints in another place: with `--expect` they show that the records are no older copy. With a
    file, check exported evidence: its signature, and that no file in it was changed, removed or added.
    """
    if file is not None:
        if expect:
            fail("--expect is about the records, and not about a file", UNUSABLE)
        _verify_evidence(file, key, config, json)
        return
    if key is not None:
        fail("--key is for a file of evidence: name it", UNUSABLE)
    found = result_or_exit(config, "audit.verify", {"expect": expect or []}, UNUSABLE)
    if json:
        json_lines([*found["chains"], *({"not_found": head} for head in found["not_found"])])
    else:
        for chain in found["chains"]:
            _print_chain(chain)
        for head in found["not_found"]:
            console.print(safe(f"{head}: no chain has this head, or it has been purged since"), soft_wrap=True)
    if found["not_found"] or any(chain["faults"] for chain in found["chains"]):
        raise typer.Exit(REFUSED)


def _verify_evidence(file: Path, key_file: Path | None, config: Path | None, json: bool) -> None:
    """Check evidence with the given public key, else with that of the gateway here."""
    if key_file:
        pem = _read_file(key_file, MOST_KEY_BYTES, "--key ")
    else:
        pem = result_or_exit(config, "audit.key", {}, UNUSABLE)["public_key"].encode()
    try:
        key = read_public_key(pem)
    except NotEvidence as error:
        fail(f"--key {key_file}: {error}", UNUSABLE)
    try:
        checked = check_evidence(_read_file(file, MOST_BYTES), key)
    except NotEvidence as error:
        checked = EvidenceCheck(faults=[str(error)])
    about = checked.manifest
    if json:
        json_lines([{"manifest": about or None, "faults": checked.faults}])
    for fault in () if json else checked.faults:
        console.print(safe(f"{file}: {fault}"), soft_wrap=True)
    if checked.faults:
        raise typer.Exit(REFUSED)
    if not json:
        console.print(safe(f"{file}: as the gateway {about['gateway']} wrote it; key {about['key']}"), soft_wrap=True)
        console.print(safe(f"Message {about['id']}, exported {moment(about['made_at'])} by {about['made_by']}"))
        console.print(safe(f"Reason: {about['reason']}"))


def _read_file(file: Path, most: int, option: str = "") -> bytes:
    """Return the file's octets; exit with a sentence where it can't be read, or is too large."""
    try:
        with file.open("rb") as opened:
            content = opened.read(most + 1)
    except OSError as error:
        fail(f"{option}{file}: {error.strerror}", UNUSABLE)
    if len(content) > most:
        fail(f"{option}{file} has more than {most} octets, and the gateway writes no such file", UNUSABLE)
    return content


def _print_chain(chain: dict[str, Any]) -> None:
    for fault in chain["faults"]:
        console.print(safe(f"{chain['chain']}: {fault['sentence']}"), soft_wrap=True)
    if chain["more_faults"]:
        console.print(f"{chain['chain']}: {chain['more_faults']} more faults", markup=False)
    if not chain["faults"]:
        head = f"{chain['head']['number']}:{chain['head']['hash'][:HASH_DIGITS]}"
        times = f", {moment(chain['first'])} to {moment(chain['last'])}" if chain["first"] else ""
        rows = "1 row" if chain["rows"] == 1 else f"{chain['rows']} rows"
        gone = chain["purged"]
        purged = f"; up to number {gone['number']} purged, last on {moment(gone['at'])}" if gone else ""
        console.print(f"{chain['chain']}: {rows}{times}, head {head}{purged}", markup=False, soft_wrap=True)
