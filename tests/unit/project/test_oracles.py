"""The independent mail readers that judge what a recipient's program shows."""

from __future__ import annotations

from tests.oracles.readers import Readers

READERS = {"email (compat32)", "email (default)", "mailparser", "postal-mime", "MIME-tools", "Email::MIME"}

MAIL = b"\r\n".join(
    [
        *(b"From: a@x.test", b"Subject: s", b"MIME-Version: 1.0", b"Content-Type: multipart/mixed; boundary=foo", b""),
        *(b"--foo", b"Content-Type: text/plain", b"", b"hi"),
        *(b"--foo", b"Content-Type: application/octet-stream; name=data.bin", b"Content-Transfer-Encoding: base64"),
        *(b"", b"aGVsbG8=", b"--foo", b"Content-Type: message/rfc822", b"", b"Subject: inner"),
        *(b"Content-Type: application/pdf; name=in.pdf", b"", b"body", b"--foo--", b""),
    ]
)


def test_every_reader_shows_a_plain_attachment_and_one_inside_an_attached_message() -> None:
    with Readers() as readers:
        shown = readers.read(MAIL)
    assert shown.keys() == READERS
    for leaves in shown.values():
        files = {leaf.name: leaf.content.strip() for leaf in leaves if leaf.name}
        assert files == {"data.bin": b"hello", "in.pdf": b"body"}


def test_a_reader_answers_each_message_with_its_own_leaves() -> None:
    with Readers() as readers:
        first, second = readers.read_all([MAIL, MAIL.replace(b"data.bin", b"other.bin")])
    for name in READERS:
        assert any(leaf.name == "data.bin" for leaf in first[name])
        assert any(leaf.name == "other.bin" for leaf in second[name])
