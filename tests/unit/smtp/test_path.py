"""Paths and parameters of MAIL and RCPT: tables of what is read and what is refused."""

from __future__ import annotations

import pytest

from gateway.smtp.path import (
    PATH_BYTES,
    MailParameters,
    ParameterError,
    PathError,
    RcptParameters,
    UnknownParameter,
    disguises_route,
    is_subaddress,
    mail_parameters,
    rcpt_parameters,
    read_path,
    routes_onward,
    split_address,
)


@pytest.mark.parametrize(
    ("argument", "address", "rest"),
    [
        ("FROM:<>", "", ""),
        ("FROM:<a@example.com>", "a@example.com", ""),
        ("from:<a@example.com>", "a@example.com", ""),
        ("FROM: <a@example.com>", "a@example.com", ""),
        ("FROM:<a@example.com> SIZE=10 BODY=8BITMIME", "a@example.com", "SIZE=10 BODY=8BITMIME"),
        ("FROM:<a@example.com>  SIZE=10", "a@example.com", "SIZE=10"),
        ("FROM:<A.B+tag@Example.COM>", "A.B+tag@Example.COM", ""),
        ("FROM:<postmaster>", "postmaster", ""),
        ("FROM:<@one.example,@two.example:a@example.com>", "a@example.com", ""),
        ("FROM:<@[192.0.2.1]:a@example.com>", "a@example.com", ""),
        ('FROM:<"a b"@example.com>', '"a b"@example.com', ""),
        ('FROM:<"a\\"b"@example.com>', '"a\\"b"@example.com', ""),
        ('FROM:<"a@b"@example.com>', '"a@b"@example.com', ""),
        ('FROM:<"a>b"@example.com>', '"a>b"@example.com', ""),
        ('FROM:<""@example.com>', '""@example.com', ""),
        ("FROM:<a@[192.0.2.1]>", "a@[192.0.2.1]", ""),
        ("FROM:<a@[IPv6:2001:db8::1]>", "a@[IPv6:2001:db8::1]", ""),
        ("FROM:<a..b@example.com>", "a..b@example.com", ""),  # wrong by the RFC, and in use in Japan
        ("FROM:<.a.@example.com>", ".a.@example.com", ""),
        ("FROM:<müller@exämple.com>", "müller@exämple.com", ""),
        ("FROM:<a/b=c@example.com>", "a/b=c@example.com", ""),
    ],
)
def test_path_is_read(argument: str, address: str, rest: str) -> None:
    """Address and parameters; a source route is dropped."""
    assert read_path(argument, "FROM:") == (address, rest)


@pytest.mark.parametrize(
    "argument",
    [
        "",
        "FROM",
        "FROM:",
        "FROM:a@example.com",
        "FROM <a@example.com>",
        "TO:<a@example.com>",
        "FROM:<a@example.com",
        "FROM:a@example.com>",
        "FROM:<<a@example.com>>",
        "FROM:<a@example.com>x",
        "FROM:<a@example.com>SIZE=1",
        "FROM:<a@example.com><b@example.com>",
        "FROM:<a@b@example.com>",
        "FROM:<@example.com>",
        "FROM:<a@>",
        "FROM:<a b@example.com>",
        "FROM:< a@example.com>",
        "FROM:<a@example.com >",
        "FROM:<a@exa mple.com>",
        "FROM:<a@example.com,b@example.com>",
        "FROM:<a,b@example.com>",
        'FROM:<"a"b@example.com>',
        'FROM:<"a@example.com>',
        "FROM:<@one.example:>",
        "FROM:<@one.example a@example.com>",
        "FROM:<a@[192.0.2.1]x>",
        "FROM:<a@[192.0.2.1> b]>",
        "FROM:<a@[x@example.com]>",
        "FROM:\u3000<a@example.com>",
    ],
)
def test_path_that_is_none_is_refused(argument: str) -> None:
    """A path that RFC 5321 4.1.2 doesn't allow, and no mail system sends, is an error."""
    with pytest.raises(PathError):
        read_path(argument, "FROM:")


@pytest.mark.parametrize("character", [*map(chr, range(32)), "\x7f", "\x80", "\x85", "\x9b", "\u2028", "\u2029"])
def test_controls_are_refused_everywhere_in_a_path(character: str) -> None:
    """CR, LF, NUL, escapes and Unicode's own line ends stand in no address, quoted or not (S12)."""
    for path in (
        f"<a{character}@example.com>",
        f"<{character}a@example.com>",
        f'<"a{character}b"@example.com>',
        f'<"a\\{character}b"@example.com>',
        f"<a@exa{character}mple.com>",
        f"<a@[192.0.2{character}.1]>",
        f"<@one{character}.example:a@example.com>",
        f"<a@example.com{character}>",
        f"{character}<a@example.com>",
        f"<a@example.com>{character}",
    ):
        with pytest.raises(PathError):
            read_path(f"FROM:{path}", "FROM:")


@pytest.mark.parametrize(("octets", "read"), [(PATH_BYTES - 1, True), (PATH_BYTES, True), (PATH_BYTES + 1, False)])
@pytest.mark.parametrize("end", ["@example.com>", '>"@example.com>'])
def test_path_length(octets: int, read: bool, end: str) -> None:
    """A path has so many octets with its brackets, a ">" in quotes or not, and no more."""
    start = '<"' if '"' in end else "<"
    path = start + "a" * (octets - len(start) - len(end)) + end
    if read:
        assert read_path(f"TO:{path} NOTIFY=NEVER", "TO:") == (path[1:-1], "NOTIFY=NEVER")
    else:
        with pytest.raises(PathError):
            read_path(f"TO:{path} NOTIFY=NEVER", "TO:")


@pytest.mark.parametrize(
    ("address", "local", "domain"),
    [
        ("a@Example.COM", "a", "example.com"),
        ("postmaster", "postmaster", ""),
        ("", "", ""),
        ('"a@b"@example.com', '"a@b"', "example.com"),
        ("a@[192.0.2.1]", "a", "[192.0.2.1]"),
    ],
)
def test_address_is_split_at_the_last_at(address: str, local: str, domain: str) -> None:
    """The final domain alone says where a message goes (S13)."""
    assert split_address(address) == (local, domain)


@pytest.mark.parametrize(
    ("address", "onward"),
    [
        ("u@example.com", False),
        ("u%other.example@example.com", True),
        ("other.example!u@example.com", True),
        ('"u@other.example"@example.com', True),
        ("u+tag=x@example.com", False),
    ],
)
def test_local_parts_that_ask_for_relaying(address: str, onward: bool) -> None:
    """Percent hack, bang path and quoted address would have the next hop relay (S13)."""
    assert routes_onward(address) is onward


@pytest.mark.parametrize(
    ("address", "of", "is_one"),
    [
        ("a@example.com", "a@example.com", True),
        ("A+x@EXAMPLE.com", "a@example.com", True),
        ('"a+x"@example.com', "a@example.com", True),
        ("a+@example.com.", "a@example.com", True),
        ("a+x@xn--bcher-kva.example", "a@bücher.example", True),
        ("ab@example.com", "a@example.com", False),
        ("+a@example.com", "a@example.com", False),
        ("a+x@sub.example.com", "a@example.com", False),
        ("a", "a@example.com", False),
        ("", "a@example.com", False),
    ],
)
def test_subaddresses(address: str, of: str, is_one: bool) -> None:
    """The detail behind a + makes no other mailbox (RFC 5233), nor does the case of letters."""
    assert is_subaddress(address, of) is is_one


# --- parameters ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "parameters"),
    [
        ("", MailParameters()),
        ("SIZE=0", MailParameters(size=0)),
        ("size=12345", MailParameters(size=12345)),
        ("SIZE=99999999999999999999", MailParameters(size=99999999999999999999)),
        ("BODY=7bit", MailParameters(body="7BIT")),
        ("BODY=8BITMIME SMTPUTF8", MailParameters(body="8BITMIME", smtputf8=True)),
        ("RET=HDRS ENVID=QQ+2B1", MailParameters(ret="HDRS", envid="QQ+2B1")),
        ("RET=full", MailParameters(ret="FULL")),
        ("AUTH=<>", MailParameters(auth="<>")),
        ("AUTH=a+40example.com", MailParameters(auth="a+40example.com")),
        ("ENVID=" + "x" * 100, MailParameters(envid="x" * 100)),
    ],
)
def test_mail_parameters(text: str, parameters: MailParameters) -> None:
    """All that Postfix replays is read."""
    assert mail_parameters(text) == parameters


@pytest.mark.parametrize(
    "text",
    [
        "SIZE",
        "SIZE=",
        "SIZE=-1",
        "SIZE=+1",
        "SIZE=1e3",
        "SIZE=\uff11",
        "SIZE=10\rX",
        "SIZE=" + "9" * 21,
        "SIZE=1 SIZE=2",
        "SIZE=1 size=1",
        "BODY",
        "BODY=BINARYMIME",
        "BODY=9BIT",
        "SMTPUTF8=yes",
        "RET=SOME",
        "RET",
        "ENVID",
        "ENVID=" + "x" * 101,
        "ENVID=a+4",
        "ENVID=a+zz",
        "ENVID=é",
        "AUTH=" + "x" * 501,
        "AUTH=a=b",
        "=1",
        "-X=1",
        "SIZE=1\x00",
        "SIZE=1  BODY=7BIT\x7f",
    ],
)
def test_mail_parameters_that_are_wrong(text: str) -> None:
    """Bad values, values where none belong, and parameters given twice are errors (S14)."""
    with pytest.raises(ParameterError):
        mail_parameters(text)


@pytest.mark.parametrize(
    "text", ["FOO", "FOO=1", "NOTIFY=NEVER", "BY=10;R", "MT-PRIORITY=3", "SIZE=1 X=2", "REQUIRETLS"]
)
def test_mail_parameters_that_are_not_offered(text: str) -> None:
    """An unknown parameter is told apart from a wrong one: 555."""
    with pytest.raises(UnknownParameter):
        mail_parameters(text)


@pytest.mark.parametrize(
    ("text", "parameters"),
    [
        ("", RcptParameters()),
        ("NOTIFY=never", RcptParameters(notify="NEVER")),
        ("NOTIFY=SUCCESS,FAILURE,DELAY", RcptParameters(notify="SUCCESS,FAILURE,DELAY")),
        ("ORCPT=rfc822;b+2Bc@example.com", RcptParameters(orcpt="rfc822;b+2Bc@example.com")),
        ("ORCPT=utf-8;bü@example.com", RcptParameters(orcpt="utf-8;bü@example.com")),
        ("NOTIFY=DELAY ORCPT=rfc822;b", RcptParameters(notify="DELAY", orcpt="rfc822;b")),
        ("ORCPT=rfc822;" + "x" * 493, RcptParameters(orcpt="rfc822;" + "x" * 493)),
    ],
)
def test_rcpt_parameters(text: str, parameters: RcptParameters) -> None:
    """NOTIFY and ORCPT are read and kept as they were sent."""
    assert rcpt_parameters(text) == parameters


@pytest.mark.parametrize(
    "text",
    [
        "NOTIFY",
        "NOTIFY=",
        "NOTIFY=ALWAYS",
        "NOTIFY=NEVER,SUCCESS",
        "NOTIFY=SUCCESS,",
        "NOTIFY=SUCCESS,FAILURE,DELAY,SUCCESS",
        "NOTIFY=DELAY NOTIFY=DELAY",
        "ORCPT",
        "ORCPT=b@example.com",
        "ORCPT=rfc822;",
        "ORCPT=;b",
        "ORCPT=rfc822;b+",
        "ORCPT=rfc822;bü@example.com",
        "ORCPT=utf-8;b\u2028@example.com",
        "ORCPT=utf-8;b\x9b@example.com",
        "ORCPT=rfc822;" + "x" * 494,
    ],
)
def test_rcpt_parameters_that_are_wrong(text: str) -> None:
    """The xtext is checked, and so are the values of NOTIFY."""
    with pytest.raises(ParameterError):
        rcpt_parameters(text)


def test_rcpt_parameters_that_are_not_offered() -> None:
    """MAIL's parameters are none of RCPT's."""
    with pytest.raises(UnknownParameter):
        rcpt_parameters("SIZE=1")


@pytest.mark.parametrize("sign", ["%", "!", "|", "\uff05", "\ufe6a", "\uff01", "\uff5c", "\uff20", "\ufe6b", "\u203c"])
def test_signs_of_a_route(sign: str) -> None:
    """A sign is found in ASCII and in every form that folds to it, quoted or not, in a recipient's local part alone."""
    assert routes_onward(f"u{sign}v@example.com")
    assert routes_onward(f'"u{sign}v"@example.com')
    assert not routes_onward("u+v=w/x@example.com")
    assert not routes_onward("\uff4d\u00fc@example.com")
    assert disguises_route(f"u{sign}v@example.com") is (sign not in "%!")
