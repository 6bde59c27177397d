"""`mailwarden dkim keygen | dns | verify`: a new key, the records for the DNS, and the proofs in a message."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from gateway.act.signing.key_record import new_key, pem, record_text, zone_line
from gateway.act.signing.published_key import publication
from gateway.assemble.services import build_resolver
from gateway.assemble.understand import build_authenticator
from gateway.cli.local.configured import settings_of
from gateway.cli.options import UNUSABLE, ConfigOption, JsonOption, fail
from gateway.cli.output import facts, heading, json_lines, table
from gateway.contract import Authentication, Client, DnsUnavailable, Resolver
from gateway.message.mime.parse import parse
from gateway.operations.explain import Unusable, sources
from gateway.settings.models import Settings
from gateway.settings.signing import ArcSettings, SigningKey, selector
from gateway.settings.yaml.values import exact_domain
from gateway.understand.authentication.dkim_keys import key_name

group = typer.Typer(help="Signatures on mail: keys, DNS records, results.", no_args_is_help=True, rich_markup_mode=None)

#: Bits of an RSA key: RFC 8301 3.2 requires at least 1,024 and advises 2,048; larger keys don't fit everybody's DNS.
BITS = 2048


@group.command()
def keygen(
    domain: Annotated[str, typer.Argument(help="The domain whose mail is to be signed.")],
    name: Annotated[str, typer.Argument(metavar="SELECTOR", help="A name for the key, such as mw2026.")],
    out: Annotated[Path | None, typer.Option(help="File for the key. Default: DOMAIN.SELECTOR.pem here.")] = None,
    kind: Annotated[Literal["rsa", "ed25519"], typer.Option("--type", help="Kind of key.")] = "rsa",
    bits: Annotated[int, typer.Option(min=1024, max=8192, help="Length of an RSA key.")] = BITS,
) -> None:
    """Make a private key in a file that only its owner can read (mode 0600), and print the record for the DNS.

    An existing file is never overwritten.
    """
    try:
        domain, name = exact_domain(domain), selector(name)
    except ValueError as error:
        fail(str(error), UNUSABLE)
    path = out or Path(f"{domain}.{name}.pem")
    key = new_key(kind, bits)
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(pem(key))
    except FileExistsError:
        fail(f"{path} is there already: a key is never overwritten; another selector makes another key", UNUSABLE)
    except OSError as error:
        fail(f"{path}: {error.strerror}", UNUSABLE)
    typer.echo(f"The private key is in {path}. For the DNS:\n", err=True)
    typer.echo(zone_line(key_name(name, domain), record_text(key)))
    typer.echo(f"\nFor the configuration, once the record is there:\n\n  dkim:\n{_entry(domain, name, path)}", err=True)


def _entry(domain: str, name: str, path: Path) -> str:
    return f"    - {{domain: {domain}, selector: {name}, key: {path}}}"


@group.command()
def dns(
    config: ConfigOption = None,
    json: JsonOption = False,
    check: Annotated[
        bool, typer.Option("--check", help="Also ask the DNS for the records; exit code 1 if one is missing.")
    ] = False,
) -> None:
    """Print the DNS records of the keys that are configured."""
    settings = settings_of(config)
    rows = [_record(key) for key in _keys(settings)]
    if not rows:
        fail("no key is configured: `mailwarden dkim keygen` makes one")
    if check:
        resolver = build_resolver(settings)
        found = asyncio.run(_published(resolver, rows))
        rows = [row | {"published": state, "asked": resolver.servers} for row, state in zip(rows, found, strict=True)]
    if json:
        json_lines(rows)
    for row in rows if not json else ():
        typer.echo(zone_line(row["name"], row["text"]))
        if check:
            typer.echo(f"  ; {row['published']} (asked {', '.join(row['asked'])})")
    if any(row.get("published", "yes") != "yes" for row in rows):
        raise typer.Exit(1)


def _keys(settings: Settings) -> Iterator[SigningKey | ArcSettings]:
    yield from settings.dkim
    if settings.arc:
        yield settings.arc


def _record(key: SigningKey | ArcSettings) -> dict[str, Any]:
    return {"name": key_name(key.selector, key.domain), "text": record_text(key.key.key)}


async def _published(resolver: Resolver, rows: list[dict[str, Any]]) -> list[str]:
    return [await _state(resolver, row["name"], row["text"]) for row in rows]


async def _state(resolver: Resolver, name: str, text: str) -> str:
    """Return "yes" if the DNS has the record, else the state in its place."""
    try:
        return await publication(resolver, name, text)
    except DnsUnavailable as trouble:
        return f"can't be asked now ({trouble})"


@group.command()
def verify(
    paths: Annotated[list[str], typer.Argument(metavar="FILE…", help="Messages, folders (*.eml), mboxes, or `-`.")],
    config: ConfigOption = None,
    json: JsonOption = False,
    client: Annotated[str, typer.Option(help="Address of the client that handed it over, for SPF.")] = "",
    helo: Annotated[str, typer.Option(help="Name of the client in HELO, for SPF of a null sender.")] = "",
    sender: Annotated[str, typer.Option("--from", help="Reverse-path, for SPF.")] = "",
) -> None:
    """Verify the origin of messages: DKIM, ARC and DMARC, and SPF if the client is given.

    Exit code 0 whatever is found, 2 on unusable input.
    """
    settings = settings_of(config)
    try:
        rows = asyncio.run(_verified(settings, paths, Client(client, helo), sender))
    except Unusable as error:
        fail(str(error), UNUSABLE)
    if json:
        json_lines(rows)
        return
    for row in rows:
        _print(row)


async def _verified(settings: Settings, paths: list[str], client: Client, sender: str) -> list[dict[str, Any]]:
    authenticator = build_authenticator(settings, build_resolver(settings))
    rows = []
    for source in (source for path in paths for source in sources(path)):
        found = await authenticator.examine(parse(source.content()), client, sender)
        rows.append({"path": source.name} | _as_json(found))
    return rows


def _as_json(found: Authentication) -> dict[str, Any]:
    row = asdict(found)
    for author in row["authors"]:
        author["aligned"] = sorted(author["aligned"])
    return row | {"authenticated": sorted(found.authenticated)}


def _print(row: dict[str, Any]) -> None:
    heading(row["path"])
    dmarc, arc = row["dmarc"], row["arc"]
    policy = f" (the domain asks for {dmarc['policy']})" if dmarc["policy"] else ""
    facts(
        {
            "SPF": f"{row['spf']['result']} {row['spf']['domain']}",
            "DMARC": f"{dmarc['result']} {dmarc['domain']}{policy}",
            "ARC": f"{arc['result']} {arc['domain']}",
            "From": [f"{a['address']}: {', '.join(a['aligned']) or 'not proven'}" for a in row["authors"]],
        }
    )
    columns = ("DKIM", "Domain", "Selector", "Algorithm", "Aligned", "Why")
    signatures = [
        (s["result"], s["domain"], s["selector"], s["algorithm"], "yes" if s["aligned"] else "no", s["reason"])
        for s in row["dkim"]
    ]
    table(columns, signatures, "It has no DKIM signature.", whole={"DKIM"})
