"""The answers: given as options, or asked at a terminal until they make sense."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
import typer

from gateway.cli.local.init import answers
from gateway.cli.local.init.answers import BEHIND_POSTFIX, Answers, CloudAnswers, Upstream, complete

HOP = "smtp://mail.example.co.uk:25"
TENANT = "72f988bf-86f1-41af-91ab-2d7cd011db47"


class Terminal(io.StringIO):
    """Lines that a person types."""

    def isatty(self) -> bool:
        return True


def typed(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    monkeypatch.setattr("sys.stdin", Terminal("".join(f"{line}\n" for line in lines)))


def made(domains: list[str], upstream: Upstream | None = None, next_hop: str | None = None) -> Answers:
    return complete(None, domains, upstream, next_hop, Path("var"))


def test_options_alone_suffice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is asked; behind Postfix the next hop is that of the recipe."""
    monkeypatch.setattr("sys.stdin", io.StringIO())
    found = made(["example.co.uk", ".example.com"], Upstream.none, HOP)
    assert (found.domains, found.next_hop, found.name) == (("example.co.uk", ".example.com"), HOP, "example.co.uk")
    found = made([".example.co.uk"])
    assert (found.upstream, found.next_hop, found.name) == (Upstream.postfix, BEHIND_POSTFIX, "example.co.uk")


@pytest.mark.parametrize(
    ("domains", "upstream", "next_hop", "sentence"),
    [
        ([], None, None, "--domain is missing, and there is no terminal to ask at"),
        (["a.example"], Upstream.google, None, "--next-hop is missing, and there is no terminal to ask at"),
        (["a@b.example"], None, None, "--domain: "),
        (["a.example"], Upstream.none, "mail.example.co.uk", "--next-hop: "),
    ],
)
def test_a_script_is_told_what_is_wrong(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    domains: list[str],
    upstream: Upstream | None,
    next_hop: str | None,
    sentence: str,
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(typer.Exit) as ended:
        made(domains, upstream, next_hop)
    assert ended.value.exit_code == 2
    assert sentence in capsys.readouterr().err


def test_questions_are_asked_until_the_answer_makes_sense(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each wrong answer is told why."""
    cloud = ("contoso", TENANT, "/no/such/file", "", "relay.example", "smtp://relay.example:587")
    typed(monkeypatch, "a@b.example", "a.example b.example", "exchange", "microsoft365", "mail.a.example", HOP, *cloud)
    found = made([])
    assert (found.domains, found.upstream, found.next_hop) == (("a.example", "b.example"), "microsoft365", HOP)
    assert (found.tenant, found.certificate, found.smarthost) == (TENANT, "", "smtp://relay.example:587")
    assert capsys.readouterr().err.count("Error: ") == 6


def test_a_certificate_is_found_from_every_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its name is written as an absolute path: the configuration may lie elsewhere."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    Path("tls.pem").touch()
    found = complete(None, ["a.example"], Upstream.google, HOP, Path("var"), CloudAnswers(certificate="tls.pem"))
    assert found.certificate == f"{tmp_path}/tls.pem"


@pytest.mark.parametrize(
    ("upstream", "cloud", "sentence"),
    [
        (Upstream.microsoft365, CloudAnswers(tenant="contoso"), "--tenant: a tenant's id is expected such as"),
        (Upstream.google, CloudAnswers(tenant=TENANT), "--tenant is for --upstream microsoft365"),
        (Upstream.none, CloudAnswers(smarthost=HOP), "--smarthost is for --upstream microsoft365 and google"),
        (Upstream.google, CloudAnswers(certificate="/no/such/file"), "--certificate: no such file"),
        (Upstream.google, CloudAnswers(smarthost="relay.example"), "--smarthost: "),
    ],
)
def test_an_answer_about_the_cloud_that_is_wrong(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    upstream: Upstream,
    cloud: CloudAnswers,
    sentence: str,
) -> None:
    """It is told before anything is written."""
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(typer.Exit):
        complete(None, ["a.example"], upstream, HOP, Path("var"), cloud)
    assert sentence in capsys.readouterr().err


def test_postfix_is_the_answer_of_whoever_gives_none(monkeypatch: pytest.MonkeyPatch) -> None:
    typed(monkeypatch, "a.example", "")
    assert made([]).upstream == Upstream.postfix


@pytest.mark.parametrize(
    ("link", "name"),
    [
        ("/usr/share/zoneinfo/Europe/London", "Europe/London"),
        ("/etc/localtime", "UTC"),
        ("/x/zoneinfo/No/Where", "UTC"),
    ],
)
def test_the_time_zone_is_the_machine_s(monkeypatch: pytest.MonkeyPatch, link: str, name: str) -> None:
    """A copied file, or a name that nobody knows, counts as UTC."""
    monkeypatch.setattr(os.path, "realpath", lambda _: link)
    assert answers.machine_timezone() == name
