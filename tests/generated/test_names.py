"""Whatever extension a mail reader shows is among those that are read here (`tests.generated.names`)."""

from __future__ import annotations

import pytest

from gateway.message.header.odd_names import MAX_ODD_CHARACTERS, is_odd
from gateway.message.mime.parse import parse
from tests.corpus.naming import disposed, sent
from tests.generated.names import escapes, made, shown
from tests.oracles.readers import NoReaders, Readers

#: Names of a run in CI: a few seconds. `python -m tests.generated.names --count 10000` tries more.
COUNT = 150


def test_names_that_readers_show() -> None:
    """Broken and hostile fields of a seed: no reader shows an extension that isn't read."""
    try:
        with Readers() as readers:
            pairs = [(one, readers.read(one.raw)) for one in made(2026, COUNT)]
    except NoReaders as error:
        pytest.skip(str(error))
    assert sum(any(True for _ in shown(read)) for _, read in pairs) > COUNT / 4
    assert [escape for one, read in pairs for escape in escapes(one, read)] == []


#: What readers show of these was lost once.
LOST = [
    (b'name="=?cp037?b?p6=enp6enp0uIo4E=?="', "hta"),
    (b'filename="invoice =?utf-8?b?.js"', "js"),
    (b"filename*0*==?utf8?q?order_(?==?utf8?B?MSkud3Nm?=", "wsf"),
    (b'filename="=?ansi_x3.\t110-1983?B?b3JkZXIgKDEpLmpz?="', "js"),
    (b"filename=a.lnk?unicode-1-1-utf-7?b??=", "lnk"),
    (b"filename*=''=?utf-8?q?order=20(1).vbs?=", "vbs"),
    (b"filename='a.exe\xc3'", "exe"),
    (b"FILENAME*0*=*en''%6F%72%64%65%72%20%28%31;\r\n FILENAME*1=).html", "html"),
    (b"filename ==?utf-8?b?=?utf-8?b?bydicmllbi52YnM=?=", "vbs"),
    (b'filename="=?gb2312?Q?=3F?=?=\t==?=\t=??B?w6lzdW3DqS5odGE=?="', "hta"),
    (b'filename="=??B?bydicmllbi5qcw==\xff?="', "js"),
    (b'filename="=??q?=2E\x7f=77=73=66?="', "wsf"),
    (b"filename='%69nvoice.ht%6Dl'", "html"),
    (b"file(x)name*1=.l; filename*2*=nk", "lnk"),
    (b"FILEN(x)AME=a.lnk", "lnk"),
    (b'NAME\r\n *3=s1; NAME=safe.txt; NAME*1*="c"; NAME*2*="e.p"; NAME*0*=utf-16le\'%69', "ps1"),
    (b"Name*>\r\n =gb2312''.wsf", "wsf"),
    (b"name*0=u-8*'=?utf-16?Q?=\tFF=FEa=00.=00?=\r\n\t=?utf-16?b?//5pAHMAbwA=?=", "iso"),
    (b'filename*0*="bina""ry\'%61%2E%70%64%66%2E"; filename*1=ht; filename*2*="%6D%6C"', "html"),
    (b'filename="a=?utf-8?q?=3D=3Futf-8=3Fb=3FLmV4ZQ=3D=3D=3F=3D?="', "exe"),
]


@pytest.mark.parametrize(("parameters", "extension"), LOST)
def test_extensions_that_were_lost(parameters: bytes, extension: str) -> None:
    """The extension is found in Content-Disposition and in Content-Type."""
    assert extension in parse(disposed(parameters)).parts[2].extensions
    assert extension in parse(sent(b"Content-Type: a/b; " + parameters)).parts[2].extensions


@pytest.mark.parametrize(
    "field",
    [
        b'attachment; filename="a b.pdf"',
        b"attachment; filename=a.pdf; size=3",
        b'application/pdf; name="=?utf-8?B?csOpc3Vtw6kucGRm?="',
        b'attachment; filename="=?utf-8?Q?r=C3=A9sum?= =?utf-8?Q?=C3=A9.pdf?="',
        b"attachment; filename*=UTF-8''na%C3%AFve%20example.com.pdf; filename=\"na_ve.pdf\"",
        b"attachment;filename*0*=utf-8''abc; filename*1*=%20d.pdf; size=3",
        b'attachment; filename="report(1).pdf"; creation-date="Tue, 03 Mar 2020 10:00:00 GMT"',
        'inline; filename="gr\u00f6\u00dfe.pdf"'.encode(),
        b'multipart/signed; boundary="x"; micalg=sha1; protocol="application/pgp-signature"',
        b"attachment;",
    ],
)
def test_fields_of_ordinary_programs(field: bytes) -> None:
    """They are written by the standards, so that all read the same names."""
    assert not is_odd(field, field.decode())


@pytest.mark.parametrize(
    "field",
    [
        b"Content-Type: text/plain; charset=us-ascii (hostname.example.com)",
        b"Content-Type: multipart/mixed; boundary=(name.exe)x",
        b'Content-Type: text/plain; charset="x\\y"; hostname.example.exe; x=1',
    ],
)
def test_other_parameters_name_nothing(field: bytes) -> None:
    """However odd they are."""
    assert not parse(sent(field)).parts[2].extensions & {"com", "exe"}


@pytest.mark.parametrize(("more", "codes"), [(-1, []), (0, []), (1, ["limit.params"])])
def test_a_long_odd_field(more: int, codes: list[str]) -> None:
    """It is read up to a number of octets; what is longer is called unread."""
    value = b"attachment; filename=(x)a.pdf"
    padded = value + b" " * (MAX_ODD_CHARACTERS - len(value) - 1 + more) + b"x"
    part = parse(sent(b"Content-Disposition:" + padded)).parts[2]
    assert [defect.code for defect in part.defects if defect.code.startswith("limit")] == codes
