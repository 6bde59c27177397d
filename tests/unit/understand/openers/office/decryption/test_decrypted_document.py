"""Documents with a password that their program tries by itself: opened; with any other: called encrypted."""

from __future__ import annotations

import struct

import pytest

from gateway.message.mime.parse import parse
from gateway.understand.budget import Allowance, Exhausted
from gateway.understand.member import Unreadable
from gateway.understand.openers.office.biff import BARE_WORKBOOK
from gateway.understand.openers.office.cfb import CompoundFile
from gateway.understand.openers.office.decryption import package
from gateway.understand.openers.office.decryption.keys import xor_array, xor_verifier
from gateway.understand.openers.office.ole import OLE
from gateway.understand.sandbox.pool import Pool
from gateway.understand.unfold import Unfolder
from tests.corpus import office
from tests.corpus.archives_zip import EVIL
from tests.corpus.compound_file import compound_file
from tests.corpus.encrypted_office import Agile, Rc4, slides_rc4, standard, word_rc4, workbook_rc4, workbook_xor
from tests.corpus.payloads import encoded, multipart
from tests.generated import default_passwords
from tests.support.probes.opener import budget, opened

VELVET, HANNES = default_passwords.DEFAULT
SHEET = office.workbook(0x10, default_passwords._LINK)


def clear(content: bytes) -> list[bytes | None]:
    """Return the documents in the clear that come out of a file."""
    return [one.content for one in opened(OLE, content).members if one.reading == "decrypted"]


@pytest.mark.parametrize("chaining", ["ChainingModeCBC", "ChainingModeCFB"])
@pytest.mark.parametrize(("hash_name", "bits"), [("SHA1", 128), ("SHA512", 256), ("SHA256", 192), ("MD5", 256)])
def test_agile(hash_name: str, bits: int, chaining: str) -> None:
    """Whatever hash, size of key and chaining its description names."""
    scheme = Agile(hash_name, bits, chaining=chaining)
    assert clear(scheme.encrypted(EVIL, VELVET)) == [EVIL]
    assert opened(OLE, scheme.encrypted(EVIL, "secret")).codes == ("container.encrypted",)


@pytest.mark.parametrize("bits", [128, 192, 256])
def test_standard(bits: int) -> None:
    """The encryption is that of Office 2007."""
    assert clear(standard(EVIL, VELVET, bits)) == [EVIL]
    assert opened(OLE, standard(EVIL, "secret", bits)).codes == ("container.encrypted",)


@pytest.mark.parametrize("password", [VELVET, HANNES, ""])
def test_passwords(password: str) -> None:
    """Excel's, PowerPoint's, and none."""
    assert clear(Agile(rounds=10).encrypted(EVIL, password)) == [EVIL]


def test_its_names_are_the_container_s() -> None:
    """So that openers know it by them; as a file in the tree it has none of its own."""
    [one] = opened(OLE, standard(EVIL, VELVET), "a.xlsx", "application/x").members
    assert (one.names, one.media_type, one.reading) == (("a.xlsx",), "application/x", "decrypted")


def test_a_size_that_lies() -> None:
    """Nothing of the package is cut off because it says that it is short."""
    content = standard(EVIL, VELVET)
    place = content.find(struct.pack("<Q", len(EVIL)))
    assert clear(content[:place] + bytes(8) + content[place + 8 :])[0] == EVIL + bytes(-len(EVIL) % 16)


def test_in_an_embedded_storage() -> None:
    """An encrypted document that another file embeds."""
    file = CompoundFile(standard(EVIL, VELVET))
    inner = {entry.name: file.read(entry, budget()) for entry in file.streams}
    assert clear(compound_file({"ObjectPool": {"_1": inner}})) == [EVIL]


@pytest.mark.parametrize("scheme", [Rc4(), Rc4(40), Rc4(128)])
def test_workbooks(scheme: Rc4) -> None:
    """The records of a workbook are read in the clear."""
    [content] = clear(workbook_rc4(SHEET, VELVET, scheme))
    assert opened(OLE, content or b"").codes == ("document.external",)
    assert opened(OLE, workbook_rc4(SHEET, "secret", scheme)).codes == ("container.encrypted",)


def test_obfuscated_workbooks() -> None:
    """XOR, as Excel 95 knew it; in a bare stream too."""
    content = workbook_xor(SHEET, VELVET)
    assert opened(OLE, clear(content)[0] or b"").codes == ("document.external",)
    assert opened(OLE, workbook_xor(SHEET, "secret")).codes == ("container.encrypted",)
    file = CompoundFile(content)
    stream = file.read(file.streams[0], budget())
    [bare] = opened(BARE_WORKBOOK, stream).members
    assert opened(BARE_WORKBOOK, bare.content or b"").codes == ("document.external",)


@pytest.mark.parametrize("scheme", [Rc4(), Rc4(128)])
def test_word(scheme: Rc4) -> None:
    """The fields of a document are read in the clear."""
    text = b"Hello " * 900 + b"\x13 DDEAUTO c:\\\\cmd.exe \x14x\x15"
    [content] = clear(word_rc4(text, VELVET, scheme))
    assert opened(OLE, content or b"").codes == ("document.external",)
    assert opened(OLE, word_rc4(text, "secret", scheme)).codes == ("container.encrypted",)


def test_obfuscated_word_document() -> None:
    """XOR in Word leaves zeros as they are."""
    array, text = xor_array(b"VelvetSweatshop", 7), b"\x13 DDE x y \x14x\x15".ljust(64, b"\0")
    fib = struct.pack("<H8xH2xI", 0xA5EC, 0x8100, xor_verifier(b"VelvetSweatshop")).ljust(0x300, b"\0")
    plain = fib + text
    mixed = (octet ^ array[at % 16] or octet if octet else 0 for at, octet in enumerate(plain))
    stream = plain[:68] + bytes(mixed)[68:]
    [content] = clear(compound_file({"WordDocument": stream, "0Table": bytes(64)}))
    assert opened(OLE, content or b"").codes == ("document.external",)


def test_presentations() -> None:
    """The embedded objects of a presentation come out of its records in the clear."""
    inner = compound_file({"a": b"b"})
    [content] = clear(slides_rc4(inner, HANNES, Rc4(128)))
    assert opened(OLE, content or b"").contents == (inner,)
    assert opened(OLE, slides_rc4(inner, "secret", Rc4(128))).codes == ("container.encrypted",)


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_the_limit_of_rounds(monkeypatch: pytest.MonkeyPatch, more: int) -> None:
    """All passwords together may take so many rounds; a document that asks for more is not examined."""
    monkeypatch.setattr(package, "MAX_ROUNDS", 100)
    content = Agile(rounds=100 + more).encrypted(EVIL, VELVET)
    if more > 0:
        with pytest.raises(Exhausted):
            opened(OLE, content)
    else:
        assert clear(content) == [EVIL]


@pytest.mark.parametrize("version", [(3, 3), (4, 3), (9, 9)])
def test_a_scheme_that_is_not_known(version: tuple[int, int]) -> None:
    """Nobody can say whether its password has to be known."""
    information = struct.pack("<HH", *version) + bytes(200)
    with pytest.raises(Unreadable):
        opened(OLE, compound_file({"EncryptionInfo": information, "EncryptedPackage": bytes(5_000)}))


@pytest.mark.parametrize("size", [0, 3, 8, 40, 300])
def test_a_broken_description(size: int) -> None:
    """Is called unreadable, whatever is missing."""
    file = CompoundFile(Agile(rounds=1).encrypted(EVIL, VELVET))
    streams = {entry.name: file.read(entry, budget()) for entry in file.streams}
    streams["EncryptionInfo"] = streams["EncryptionInfo"][:size]
    with pytest.raises(Unreadable):
        opened(OLE, compound_file(streams))


def test_two_documents_of_which_one_is_secret() -> None:
    """The other stays encrypted, and is said to be."""
    file = CompoundFile(workbook_rc4(SHEET, "secret", Rc4(128)))
    secret = file.read(file.streams[0], budget())
    other = CompoundFile(standard(EVIL, VELVET))
    streams = {entry.name: other.read(entry, budget()) for entry in other.streams}
    found = opened(OLE, compound_file({**streams, "Workbook": secret}))
    assert found.contents == (EVIL,)
    assert found.codes == ("container.encrypted",)


async def test_in_the_sandbox() -> None:
    """A process that may load next to nothing has all the ciphers; what comes out is a reading, with its own path."""
    pool = Pool(1, "confined", 768 * 1024 * 1024)
    await pool.start()
    try:
        agile, old = Agile(rounds=10).encrypted(EVIL, VELVET), workbook_rc4(SHEET, VELVET, Rc4())
        for content in (standard(EVIL, VELVET), agile, old):
            message = parse(multipart(encoded(b"a.xls", content)))
            grown = await Unfolder(pool, Allowance(), 20).unfold(message)
            assert "1.1/(decrypted)" in [part.path for part in grown.parts]
    finally:
        await pool.close()


def test_generated_documents() -> None:
    """Those with known passwords are opened, the others called encrypted."""
    _, wrong = default_passwords.judged(default_passwords.files(60, seed=2))
    assert not wrong
