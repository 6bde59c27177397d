"""The commands for one message: which parameters go out, and for whom nothing can be said."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.act.relay import commands
from gateway.act.relay.commands import Transaction, plan, probe, refusal
from gateway.act.relay.content import Content
from gateway.act.relay.next_hop import Capabilities
from gateway.contract import Client, Recipient

PLAIN = Content((b"Subject: x\r\n\r\nplain\r\n",))
EIGHT_BIT = Content((b"Subject: x\r\n\r\n\xfcber\r\n",))
UTF8_HEADER = Content((b"Subject: \xc3\xbc\r\n\r\nplain\r\n",))

NOTHING = Capabilities()
ALL = Capabilities(
    size=1000,
    announces_size=True,
    eightbitmime=True,
    smtputf8=True,
    dsn=True,
    pipelining=True,
    auth=frozenset({"PLAIN"}),
)
MAIL = Transaction("a@x.test", (Recipient("b@y.test", "inbound"),))
ASKED = Transaction(
    "a@x.test",
    (Recipient("b@y.test", "inbound", notify="SUCCESS,FAILURE", orcpt="rfc822;B@y.test"),),
    body="8BITMIME",
    smtputf8=True,
    ret="HDRS",
    envid="QQ314159",
    auth="e+3Dmc2@x.test",
)


def said(transaction: Transaction, content: Content, offered: Capabilities) -> tuple[str, list[str]]:
    made = plan(transaction, content, offered)
    assert not made.refused
    return made.mail.decode(), [line.decode() for line in made.rcpts]


def test_parameters_go_to_a_next_hop_that_offers_their_extensions() -> None:
    """SIZE, BODY, SMTPUTF8, RET, ENVID, AUTH, NOTIFY and ORCPT as they were asked for."""
    mail, rcpts = said(ASKED, PLAIN, ALL)
    asked = "SIZE=21 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=QQ314159 AUTH=e+3Dmc2@x.test"
    assert mail == f"MAIL FROM:<a@x.test> {asked}\r\n"
    assert rcpts == ["RCPT TO:<b@y.test> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;B@y.test\r\n"]


def test_parameters_are_dropped_where_nothing_is_offered() -> None:
    """A next hop without extensions gets bare commands."""
    assert said(ASKED, PLAIN, NOTHING) == ("MAIL FROM:<a@x.test>\r\n", ["RCPT TO:<b@y.test>\r\n"])


def test_nothing_is_asked_that_was_not_asked_for() -> None:
    """Only SIZE is ours to say."""
    assert said(MAIL, PLAIN, ALL) == ("MAIL FROM:<a@x.test> SIZE=21\r\n", ["RCPT TO:<b@y.test>\r\n"])


def test_the_null_sender() -> None:
    """ "" is `<>`."""
    assert said(replace(MAIL, mail_from=""), PLAIN, NOTHING)[0] == "MAIL FROM:<>\r\n"


@pytest.mark.parametrize(("body", "expected"), [(None, "BODY=8BITMIME"), ("7BIT", "BODY=8BITMIME")])
def test_8_bit_content_is_declared(body: str | None, expected: str) -> None:
    """A client that forgot to say 8BITMIME has it said for it (RFC 6152 3)."""
    assert expected in said(replace(MAIL, body=body), EIGHT_BIT, ALL)[0]


def test_8_bit_content_needs_8bitmime() -> None:
    """The message is refused, not mangled, if the next hop lacks the extension."""
    made = plan(MAIL, EIGHT_BIT, NOTHING)
    assert made.refused == {"b@y.test": commands.NO_EIGHT_BIT}
    assert not made.recipients


def test_ascii_content_declared_8bitmime_needs_nothing() -> None:
    """A message that was declared 8BITMIME and is ASCII goes anywhere."""
    assert not plan(replace(MAIL, body="8BITMIME"), PLAIN, NOTHING).refused


@pytest.mark.parametrize(("limit", "refused"), [(20, True), (21, False), (22, False), (None, False)])
def test_the_size_limit_of_the_next_hop(limit: int | None, refused: bool) -> None:
    """One octet over it is refused before anything is sent."""
    made = plan(MAIL, PLAIN, Capabilities(size=limit, announces_size=True))
    assert made.refused == ({"b@y.test": commands.TOO_BIG} if refused else {})


def test_a_utf8_recipient_needs_smtputf8() -> None:
    """The others get their copy all the same."""
    both = replace(MAIL, recipients=(*MAIL.recipients, Recipient("bjørn@y.test", "inbound")))
    made = plan(both, PLAIN, NOTHING)
    assert made.refused == {"bjørn@y.test": commands.NO_UTF8_ADDRESS}
    assert made.rcpts == (b"RCPT TO:<b@y.test>\r\n",)
    mail, rcpts = said(both, PLAIN, ALL)
    assert " SMTPUTF8" in mail
    assert rcpts[1] == "RCPT TO:<bjørn@y.test>\r\n"


def test_a_utf8_sender_needs_smtputf8() -> None:
    """The message can be sent to nobody if the next hop lacks the extension."""
    sender = replace(MAIL, mail_from="ø@x.test")
    assert plan(sender, PLAIN, NOTHING).refused == {"b@y.test": commands.NO_UTF8_ADDRESS}
    assert said(sender, PLAIN, ALL)[0].startswith("MAIL FROM:<ø@x.test> SIZE=21 SMTPUTF8")


def test_a_utf8_header_needs_smtputf8_if_it_was_declared() -> None:
    """SMTPUTF8 that the message doesn't need is dropped; raw 8-bit headers without it are 8BITMIME's business."""
    no_utf8 = replace(ALL, smtputf8=False)
    assert plan(replace(MAIL, smtputf8=True), UTF8_HEADER, no_utf8).refused == {"b@y.test": commands.NO_UTF8_HEADER}
    assert not plan(replace(MAIL, smtputf8=True), EIGHT_BIT, no_utf8).refused
    assert not plan(MAIL, UTF8_HEADER, no_utf8).refused


UNFIT = [
    "a\rb",
    "a\nb",
    "a\0b",
    "a b",
    "a<b",
    "a>b",
    "a\x7fb",
    "a\x85b",
    "a\u2028b",
    "a\ud800b",
    "a\tb",
    "x\r\nRCPT TO:<c@z>",
]


@pytest.mark.parametrize("text", UNFIT)
def test_an_address_that_could_end_a_command_is_never_said(text: str) -> None:
    """Controls, blanks and brackets are refused before the command goes out."""
    assert refusal(replace(MAIL, mail_from=f"{text}@x.test"), PLAIN) == commands.BAD_ADDRESS
    recipient = Recipient(f"{text}@y.test", "inbound")
    made = plan(replace(MAIL, recipients=(*MAIL.recipients, recipient)), PLAIN, ALL)
    assert made.refused == {recipient.address: commands.BAD_ADDRESS}
    assert made.rcpts == (b"RCPT TO:<b@y.test>\r\n",)
    assert probe("", recipient.address, ALL) == commands.BAD_ADDRESS
    assert probe(recipient.address, "b@y.test", ALL) == commands.BAD_ADDRESS


@pytest.mark.parametrize("value", ["", "a b", "a\r\nb", "a\0", "ü"])
def test_a_parameter_that_could_end_a_command_is_never_said(value: str) -> None:
    """A bad parameter of MAIL refuses all recipients, one of RCPT refuses that recipient."""
    for changed in ({"envid": value}, {"ret": value}, {"auth": value}, {"body": value}):
        assert refusal(replace(MAIL, **changed), PLAIN) == commands.BAD_PARAMETER  # type: ignore[arg-type]
    for recipient in (Recipient("c@y.test", "inbound", notify=value), Recipient("c@y.test", "inbound", orcpt=value)):
        assert plan(replace(MAIL, recipients=(recipient,)), PLAIN, ALL).refused == {"c@y.test": commands.BAD_PARAMETER}


def test_an_empty_recipient_is_refused() -> None:
    """`RCPT TO:<>` is no address."""
    assert plan(replace(MAIL, recipients=(Recipient("", "inbound"),)), PLAIN, ALL).refused == {"": commands.BAD_ADDRESS}
    assert probe("", "", ALL) == commands.BAD_ADDRESS


def test_a_bare_newline_is_refused() -> None:
    """Nothing that smuggling is made of leaves us."""
    assert refusal(MAIL, Content((b"a\nb\r\n",))) == commands.BARE_NEWLINE
    assert refusal(MAIL, PLAIN) is None


CLIENT = Client("192.0.2.7", helo="mail+x=1.test", name="mail.example.com", port=4711)
XFORWARD = frozenset({"NAME", "ADDR", "PORT", "PROTO", "HELO", "IDENT", "SOURCE"})


def test_xforward_names_the_client() -> None:
    """XFORWARD takes two commands, with values in xtext."""
    made = plan(replace(MAIL, client=CLIENT, ident="id1"), PLAIN, Capabilities(xforward=XFORWARD))
    assert made.xforward == (
        b"XFORWARD NAME=mail.example.com ADDR=192.0.2.7 PORT=4711\r\n",
        b"XFORWARD PROTO=ESMTP HELO=mail+2Bx+3D1.test IDENT=id1 SOURCE=REMOTE\r\n",
    )


def test_xforward_names_only_what_is_offered() -> None:
    """Attributes that the next hop doesn't list aren't sent."""
    some = Capabilities(xforward=frozenset({"ADDR", "SOURCE", "OTHER"}))
    made = plan(replace(MAIL, client=replace(CLIENT, trusted=True)), PLAIN, some)
    assert made.xforward == (b"XFORWARD ADDR=192.0.2.7\r\n", b"XFORWARD SOURCE=LOCAL\r\n")
    assert plan(replace(MAIL, client=CLIENT), PLAIN, NOTHING).xforward == ()
    assert plan(MAIL, PLAIN, Capabilities(xforward=XFORWARD)).xforward == ()


def test_xforward_says_what_is_unknown() -> None:
    """Unknown facts are [UNAVAILABLE]; an IPv6 address is marked as one."""
    first, second = plan(replace(MAIL, client=Client("")), PLAIN, Capabilities(xforward=XFORWARD)).xforward
    assert first == b"XFORWARD NAME=[UNAVAILABLE] ADDR=[UNAVAILABLE] PORT=[UNAVAILABLE]\r\n"
    assert second == b"XFORWARD PROTO=ESMTP HELO=[UNAVAILABLE] IDENT=[UNAVAILABLE] SOURCE=REMOTE\r\n"
    v6 = plan(replace(MAIL, client=Client("2001:db8::1")), PLAIN, Capabilities(xforward=frozenset({"ADDR"})))
    assert v6.xforward == (b"XFORWARD ADDR=IPv6:2001:db8::1\r\n",)


def test_xforward_neutralises_what_the_client_said() -> None:
    """A HELO can't end the command, nor outgrow it."""
    client = Client("192.0.2.7", helo="a b\r\nMAIL FROM:<>\xfc")
    made = plan(replace(MAIL, client=client), PLAIN, Capabilities(xforward=frozenset({"HELO"})))
    assert made.xforward == (b"XFORWARD HELO=a+20b+0D+0AMAIL+20FROM:<>+C3+BC\r\n",)


@pytest.mark.parametrize(("octets", "kept"), [(254, 254), (255, 255), (256, 255)])
def test_the_length_of_an_xforward_value(octets: int, kept: int) -> None:
    """More than Postfix takes is cut off."""
    client = Client("192.0.2.7", helo="h" * octets)
    made = plan(replace(MAIL, client=client), PLAIN, Capabilities(xforward=frozenset({"HELO"})))
    assert made.xforward == (b"XFORWARD HELO=" + b"h" * kept + b"\r\n",)


def test_a_probe() -> None:
    """MAIL and RCPT, with SMTPUTF8 where an address needs it and it is offered."""
    assert probe("", "b@y.test", ALL) == (b"MAIL FROM:<>\r\n", b"RCPT TO:<b@y.test>\r\n")
    assert probe("", "ø@y.test", NOTHING) == commands.NO_UTF8_ADDRESS
    assert probe("", "ø@y.test", ALL) == (b"MAIL FROM:<> SMTPUTF8\r\n", "RCPT TO:<ø@y.test>\r\n".encode())
