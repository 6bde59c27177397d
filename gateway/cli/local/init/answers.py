"""The answers that a first configuration is made from: asked at a terminal, or given as options."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any, NoReturn
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from gateway.cli.options import UNUSABLE, fail
from gateway.settings.files import NamedFile
from gateway.settings.hops import NextHops
from gateway.settings.tenant import TenantId
from gateway.settings.yaml.values import DomainPattern, Line
from gateway.settings.yaml.yaml_reading import Reading


class Upstream(StrEnum):
    """The program or service that hands mail to the gateway."""

    postfix = "postfix"
    microsoft365 = "microsoft365"
    google = "google"
    none = "none"


#: The port at which Postfix takes mail back, in the recipes of docs/deploy.
BEHIND_POSTFIX = "smtp://127.0.0.1:2526"


@dataclass(frozen=True, slots=True)
class Answers:
    """All that the files of a first configuration depend on."""

    name: str
    domains: tuple[str, ...]
    upstream: Upstream
    next_hop: str
    data_dir: Path
    timezone: str
    tenant: str = ""  # the id of the tenant of Microsoft 365
    certificate: str = ""  # the file with the listeners' certificate, as absolute path
    smarthost: str = ""  # the next hop of mail to outside


@dataclass(frozen=True, slots=True)
class CloudAnswers:
    """Answers about a mail service in the cloud; None where no option gives one."""

    tenant: str | None = None
    certificate: str | None = None
    smarthost: str | None = None


def complete(
    name: str | None,
    domains: Sequence[str],
    upstream: Upstream | None,
    next_hop: str | None,
    data_dir: Path,
    cloud: CloudAnswers = CloudAnswers(),
) -> Answers:
    """Return the answers; ask for those that are missing, or exit with a sentence where nobody can be asked."""
    asked = sys.stdin.isatty()
    if domains:
        _demand(tuple[DomainPattern, ...], list(domains), "--domain")
    else:
        text = _ask("Your mail domains, with blanks between them", None, _words) if asked else _missing("--domain")
        domains = text.split()
    if upstream is None:
        question = f"What hands mail to the gateway ({', '.join(Upstream)})"
        upstream = Upstream(_ask(question, Upstream.postfix, _one_of)) if asked else Upstream.postfix
    if next_hop is not None:
        _demand(NextHops, next_hop, "--next-hop")
    elif upstream == Upstream.postfix:
        next_hop = BEHIND_POSTFIX
    else:
        question = "Where the gateway sends inbound mail, such as smtp://mail.example.co.uk:25"
        next_hop = _ask(question, None, _hop) if asked else _missing("--next-hop")
    name = name or domains[0].removeprefix(".")
    _demand(Line, name, "--name")
    answers = Answers(name, tuple(domains), upstream, next_hop, data_dir, machine_timezone())
    found = _about_cloud(upstream, cloud, asked)
    return replace(
        answers,
        tenant=found.get("tenant", ""),
        certificate=os.path.abspath(found["certificate"]) if found.get("certificate") else "",
        smarthost=found.get("smarthost", ""),
    )


def _about_cloud(upstream: Upstream, given: CloudAnswers, asked: bool) -> dict[str, str]:
    """Return the answers about a service in the cloud, by their names; an empty one leaves a comment to fill in."""
    found = {}
    for key, (services, option, question, annotation) in _CLOUD.items():
        value = getattr(given, key)
        if upstream not in services:
            if value is not None:
                fail(f"{option} is for --upstream {' and '.join(services)}", UNUSABLE)
            continue
        if value is not None:
            _demand(annotation, value, option)
        elif asked:
            value = _ask(f"{question} (empty: later)", "", partial(_unless_empty, annotation))
        found[key] = value or ""
    return found


#: Answers about services in the cloud: the services, the option, the question, the type.
_CLOUD: dict[str, tuple[tuple[Upstream, ...], str, str, Any]] = {
    "tenant": ((Upstream.microsoft365,), "--tenant", "The tenant's id (Entra, Overview)", TenantId),
    "certificate": (
        (Upstream.microsoft365, Upstream.google),
        "--certificate",
        "File with the gateway's TLS certificate and key",
        NamedFile,
    ),
    "smarthost": (
        (Upstream.microsoft365, Upstream.google),
        "--smarthost",
        "Where the gateway sends mail to outside, such as smtp://smarthost.example.net:587",
        NextHops,
    ),
}


def machine_timezone() -> str:
    """Return the name of this machine's time zone; UTC where it has none."""
    name = os.path.realpath("/etc/localtime").partition("zoneinfo/")[2]
    try:
        return ZoneInfo(name).key if name else "UTC"
    except (ZoneInfoNotFoundError, ValueError):
        return "UTC"


def _missing(option: str) -> NoReturn:
    fail(f"{option} is missing, and there is no terminal to ask at", UNUSABLE)


def _demand(annotation: Any, value: object, option: str) -> None:
    if problem := _problem(annotation, value):
        fail(f"{option}: {problem}", UNUSABLE)


def _problem(annotation: Any, value: object) -> str:
    """Return what is wrong with a value of a setting; "" for nothing."""
    reading = Reading(Path())
    reading.validate(annotation, value, ())
    return "; ".join(problem.sentence for problem in reading.problems)


def _ask(question: str, default: str | None, read: Any) -> str:
    answer: str = typer.prompt(question, default=default, value_proc=read, err=True)
    return answer


def _words(text: str) -> str:
    return _checked(tuple[DomainPattern, ...], text.split() or [""], text)


def _hop(text: str) -> str:
    return _checked(NextHops, text.strip(), text.strip())


def _unless_empty(annotation: Any, text: str) -> str:
    return _checked(annotation, text.strip(), text.strip()) if text.strip() else ""


def _one_of(text: str) -> str:
    if text not in tuple(Upstream):
        raise typer.BadParameter(f"one of {', '.join(Upstream)}")
    return text


def _checked(annotation: Any, value: object, answer: str) -> str:
    if problem := _problem(annotation, value):
        raise typer.BadParameter(problem)
    return answer
