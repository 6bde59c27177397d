"""Outlook's messages: bodies, attachments and subjects."""

from __future__ import annotations

import struct

from gateway.understand.member import Declared
from gateway.understand.openers.outlook.outlook_msg import OUTLOOK_MSG
from tests.corpus import office
from tests.corpus.compound_file import Tree, compound_file
from tests.support.probes.document_opener import members, opened


def test_a_message_gives_bodies_and_attachments() -> None:
    """Text, HTML and RTF, and each attachment under each of its names and its declared type."""
    rtf = struct.pack("<II4sI", 13, 5, b"MELA", 0) + b"{\\rtf"
    more: Tree = {"__substg1.0_10130102": b"<p>", "__substg1.0_10090102": rtf}
    names = (("3707001F", "long.txt"), ("3704001E", "SHORT.TXT"), ("370E001F", "Text/Plain"), ("3703001F", ".exe"))
    tree = office.msg_tree(office.msg_attachment(b"data", *names), body="Héllo", more=more)
    found = opened(OUTLOOK_MSG, compound_file(tree))
    assert members(found) == [
        (("body.txt",), "Héllo".encode()),
        (("body.html",), b"<p>"),
        (("body.rtf",), b"{\\rtf"),
        (("long.txt", "SHORT.TXT", ".exe"), b"data"),
    ]


def test_a_subject_is_no_file_name() -> None:
    """The display name of an embedded message may end in .com."""
    inner = office.msg_tree(office.msg_attachment(b"data", ("3707001F", "a.txt")))
    shown: Tree = {"__substg1.0_3001001F": "Re: example.com".encode("utf-16-le"), "__substg1.0_3701000D": inner}
    found = members(opened(OUTLOOK_MSG, compound_file(office.msg_tree(shown))))
    assert [names for names, _ in found] == [("body.txt",), ("body.txt",), ("a.txt",)]


def test_an_attachment_that_is_only_a_name_is_given() -> None:
    """It refers to a file elsewhere."""
    tree = office.msg_tree({"__properties_version1.0": bytes(8), "__substg1.0_3707001F": "a.exe".encode("utf-16-le")})
    assert members(opened(OUTLOOK_MSG, compound_file(tree)))[1:] == [(("a.exe",), None)]


def test_a_compound_file_without_properties_is_no_message() -> None:
    """The file's octets decide, whatever its name is."""
    assert not OUTLOOK_MSG.fits(office.word(), Declared(("a.msg",)))
