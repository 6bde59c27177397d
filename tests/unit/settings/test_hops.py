"""Next hops: the URLs that are taken, and what may go with them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.act.relay.next_hop import parse_next_hop
from gateway.settings.hops import HopURL, parse_hop
from gateway.settings.models import Settings

Load = Callable[..., Settings]
Problems = Callable[..., list[str]]

LISTENER = """\
organisation: {name: Example Ltd, domains: [example.co.uk]}
listeners:
  - name: inbound
    address: 127.0.0.1:2525
    direction: inbound
    next_hop: """


@pytest.mark.parametrize(
    ("url", "hop"),
    [
        ("smtp://mail.example", HopURL("smtp", "mail.example", 25)),
        ("smtp://Mail.Example:2526/", HopURL("smtp", "mail.example", 2526)),
        ("smtps://mail.example", HopURL("smtps", "mail.example", 465)),
        ("lmtp://127.0.0.1", HopURL("lmtp", "127.0.0.1", 24)),
        ("smtp://[::1]:25", HopURL("smtp", "::1", 25)),
        ("maildir:delivered", HopURL("maildir", path="delivered")),
        ("maildir:/var/mail", HopURL("maildir", path="/var/mail")),
    ],
)
def test_a_url_is_taken_apart(url: str, hop: HopURL) -> None:
    """The port is the protocol's where none is named; the relay reads the same out of it."""
    assert parse_hop(url) == hop
    relayed = parse_next_hop(url)
    assert (relayed.scheme, relayed.host, relayed.port, relayed.path) == (hop.scheme, hop.host, hop.port, hop.path)


@pytest.mark.parametrize(
    "url",
    ["", "mail.example", "mail.example:25", "http://mail.example", "smtp:mail.example", "smtp://", "smtp://a:0",
     "smtp://a:65536", "smtp://a:x", "smtp://a/path", "smtp://a?x=1", "smtp://u:p@a", "smtp://[::g]", "smtp://a b",
     "smtp://.example", "maildir:", "maildir://x", "maildir:a\x1b"],
)  # fmt: skip
def test_what_is_no_next_hop_is_refused(url: str) -> None:
    """No scheme, an unknown one, a login, a path, or a port that there isn't."""
    with pytest.raises(ValueError, match=r"."):
        parse_hop(url)


def test_one_next_hop_may_be_a_url(load: Load) -> None:
    """The short form."""
    (hop,) = load(whole=LISTENER + "smtp://mail.example:2526\n").listeners[0].next_hop
    assert (hop.scheme, hop.host, hop.port, hop.tls) == ("smtp", "mail.example", 2526, "opportunistic")


def test_next_hops_may_be_a_list_of_both_forms(load: Load, folder: Path) -> None:
    """A list is tried in turn; a password's file is relative to the YAML file."""
    (folder / "secret").write_text("x")
    text = "\n      - smtp://a\n      - {url: smtp://b, tls: required, login: gw, password_file: secret}\n"
    first, second = load(whole=LISTENER + text).listeners[0].next_hop
    assert first.host == "a"
    assert (second.host, second.tls, second.login) == ("b", "required", "gw")
    assert second.password_file == folder / "secret"


def test_a_maildir_is_below_the_data_dir(load: Load, folder: Path) -> None:
    """Mail is data: its path is made absolute."""
    settings = load(whole=LISTENER + "maildir:delivered\ndata_dir: data\nroutes: {example.com: 'maildir:/x'}\n")
    assert settings.listeners[0].next_hop[0].path == str(folder / "data/delivered")
    assert settings.routes["example.com"][0].path == "/x"


@pytest.mark.parametrize(
    ("hop", "line"),
    [
        ("smpt://a", "gateway.yaml:6:15: listeners[0].next_hop: a next hop is expected such as smtp://host:25, "
         "smtps://, lmtp:// or maildir:PATH, not smpt://a (did you mean smtp://a?)"),
        ("[]", "gateway.yaml:6:15: listeners[0].next_hop: at least one next hop is expected"),
        ("5", "gateway.yaml:6:15: listeners[0].next_hop: text is expected: put it in quotes"),
        ("{url: smtp://a, tsl: off}",
         "gateway.yaml:6:31: listeners[0].next_hop.tsl: unknown key (did you mean tls?)"),
        ("{tls: off}", "gateway.yaml:6:15: listeners[0].next_hop.url: is missing"),
        ("[smtp://a, {url: smtp://b, tls: no}]", "gateway.yaml:6:47: listeners[0].next_hop[1].tls: off, "
         "opportunistic or required is expected, not no"),
        ("{url: smtps://a, tls: off}",
         "gateway.yaml:6:32: listeners[0].next_hop.tls: smtps:// is always encrypted"),
        ("{url: smtp://a, tls: required, login: x}",
         "gateway.yaml:6:46: listeners[0].next_hop.login: login and password_file go together"),
        ("{url: smtp://a, login: x, password_file: gateway.yaml}", "gateway.yaml:6:31: listeners[0].next_hop.login: a "
         "login needs tls: required, or its password could be read on the way"),
        ("{url: 'maildir:x', login: x, password_file: gateway.yaml}",
         "gateway.yaml:6:34: listeners[0].next_hop.login: a maildir takes no login"),
        ("{url: smtp://a, password_file: nope}",
         "gateway.yaml:6:46: listeners[0].next_hop.password_file: no such file: {folder}/nope"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_next_hop_is_told_where_it_stands(
    problems: Problems, folder: Path, hop: str, line: str
) -> None:
    """Whichever form it has, the line and the key are those of the YAML."""
    assert problems(whole=LISTENER + hop + "\n") == [line.format(folder=folder)]


def test_a_login_on_this_machine_needs_no_tls(load: Load) -> None:
    """Nobody reads along on the loopback."""
    hop = "{url: 'smtp://127.0.0.1', login: x, password_file: gateway.yaml}\n"
    assert load(whole=LISTENER + hop).listeners[0].next_hop[0].login == "x"
