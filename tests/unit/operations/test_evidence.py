"""Evidence: what was changed in it, by anybody without the key, is found; and no file hurts whoever checks it."""

from __future__ import annotations

import hashlib
import json
import shutil
import struct
import subprocess
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gateway.operations import evidence as module
from gateway.operations.evidence import (
    NotEvidence,
    check_evidence,
    fingerprint,
    make_evidence,
    public_pem,
    read_public_key,
    signing_key,
)

KEY = signing_key(bytes(range(32)))
PUBLIC = KEY.public_key()
RAW = b"From: eve@outside.example\r\nSubject: =?utf-8?q?R=C3=A9sum=C3=A9?=\r\n\r\nHello PK\x05\x06 \xff\r\n"
ABOUT = {"id": "m1", "made_at": "2026-03-01T12:00:00+00:00", "made_by": "ann", "reason": "case 7", "gateway": "gw"}
MADE = make_evidence(RAW, {"entry": {"subject": "Résumé\udcff"}, "history": []}, ABOUT, KEY)
NAMES = ["message.eml", "entry.json", "history.json", "manifest.json", "manifest.sig"]

Files = dict[str, bytes]


def unzipped(content: bytes) -> Files:
    with zipfile.ZipFile(BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def changed(change: Callable[[Files], object]) -> bytes:
    """Return the evidence with its files changed, zipped as the gateway does."""
    files = unzipped(MADE)
    change(files)
    return module._zipped(files)


def test_any_tool_reads_it() -> None:
    """The message as it came, the records as JSON, and the sum of each file."""
    files = unzipped(MADE)
    assert list(files) == NAMES
    assert files["message.eml"] == RAW
    assert json.loads(files["entry.json"]) == {"subject": "Résumé\udcff"}
    manifest = json.loads(files["manifest.json"])
    assert {name: manifest[name] for name in ABOUT} == ABOUT
    assert manifest["key"] == fingerprint(PUBLIC)
    assert {name: one["sha256"] for name, one in manifest["files"].items()} == {
        name: hashlib.sha256(files[name]).hexdigest() for name in NAMES[:3]
    }


def test_it_is_as_the_gateway_wrote_it() -> None:
    checked = check_evidence(MADE, read_public_key(public_pem(PUBLIC).encode()))
    assert (checked.faults, checked.manifest["id"]) == ([], "m1")


def test_openssl_checks_the_signature_too(tmp_path: Path) -> None:
    """Without this program, as docs/records.md says."""
    openssl = shutil.which("openssl")
    assert openssl
    for name, content in {**unzipped(MADE), "gateway.pem": public_pem(PUBLIC).encode()}.items():
        (tmp_path / name).write_bytes(content)
    command = [openssl, "pkeyutl", "-verify", "-pubin", "-inkey", "gateway.pem", "-rawin", "-in", "manifest.json"]
    done = subprocess.run([*command, "-sigfile", "manifest.sig"], cwd=tmp_path, capture_output=True, check=False)
    assert b"Verified Successfully" in done.stdout, done


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda files: files.update({"message.eml": RAW + b"x"}), "message.eml was changed"),
        (lambda files: files.update({"message.eml": b""}), "message.eml was changed"),
        (lambda files: files.update({"history.json": b"[ ]\n"}), "history.json was changed"),
        (lambda files: files.pop("entry.json"), "entry.json is missing"),
        (lambda files: files.update({"more.txt": b"x"}), "more.txt was added"),
        (lambda files: files.update({"../../etc/x": b"x"}), "../../etc/x was added"),
        (lambda files: files.pop("manifest.json"), "manifest.json is missing"),
        (lambda files: files.pop("manifest.sig"), "manifest.sig is missing"),
        (
            lambda files: files.update({"manifest.json": files["manifest.json"].replace(b"case 7", b"case 8")}),
            "manifest.json or its signature was changed",
        ),
        (lambda files: files.update({"manifest.json": b"[" * 50_000}), "manifest.json or its signature was changed"),
        (lambda files: files.update({"manifest.json": b"[]"}), "manifest.json or its signature was changed"),
        (lambda files: files.update({"manifest.sig": bytes(64)}), "manifest.json or its signature was changed"),
        (lambda files: files.update({"manifest.sig": b""}), "manifest.json or its signature was changed"),
        (lambda files: files.update({"message.eml": files.pop("message.eml")}), "it was rewritten"),
    ],
)
def test_a_change_is_told(change: Callable[[Files], object], fault: str) -> None:
    """The sentence names the file, and what was done to it."""
    (found,) = check_evidence(changed(change), PUBLIC).faults
    assert fault in found


def test_several_changes_are_told() -> None:
    """Missing ones first, then changed ones, then those added."""

    def change(files: Files) -> None:
        files.update({"message.eml": b"x", "a": b"", "b": b""})
        del files["history.json"]

    assert check_evidence(changed(change), PUBLIC).faults == [
        "history.json is missing",
        "message.eml was changed",
        "a was added",
        "b was added",
    ]


def test_another_gateways_evidence_is_told() -> None:
    """The fault names both keys: somebody may have taken the wrong file."""
    other = signing_key(bytes(32))
    made = make_evidence(b"x", {}, ABOUT, other)
    (fault,) = check_evidence(made, PUBLIC).faults
    assert fault == (
        f"it is signed with another key: it names {fingerprint(other.public_key())}, and the given one is "
        f"{fingerprint(PUBLIC)}"
    )


# --- strange zip files -----------------------------------------------------------------------------------------------


def zipped(files: Files, compression: int = zipfile.ZIP_STORED, comment: bytes = b"") -> bytes:
    """Return a zip as others make it."""
    written = BytesIO()
    with zipfile.ZipFile(written, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
        archive.comment = comment
    return written.getvalue()


def patched(at: int, octets: bytes) -> bytes:
    """Return the evidence with some octets of the last 22 replaced, the end of the zip's directory."""
    begin = len(MADE) - 22 + at
    return MADE[:begin] + octets + MADE[begin + len(octets) :]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "no zip file"),
        (b"From: eve@outside.example\r\n\r\n" * 10, "no zip file"),
        (MADE[:-1], "doesn't end as the gateway's do"),
        (MADE + b"x", "doesn't end as the gateway's do"),
        (zipped(unzipped(MADE), comment=b"comment"), "doesn't end as the gateway's do"),
        (zipped({"message.eml": bytes(10_000_000)}, zipfile.ZIP_DEFLATED), "is compressed or encrypted"),
        (zipped({str(n): b"" for n in range(21)}), "more than 20 files"),
        (zipped({"x" * 5_000: b""}), "a directory that the gateway never writes"),
        (patched(10, struct.pack("<H", 65_535)), "more than 20 files"),
        (patched(12, struct.pack("<L", 0xFFFFFFFF)), "doesn't end"),
        (patched(16, struct.pack("<L", 0)), "doesn't end"),
    ],
)
def test_no_strange_zip_is_read(content: bytes, sentence: str) -> None:
    """Nothing is unpacked, and nothing large is made of a small file."""
    with pytest.raises(NotEvidence, match=sentence):
        check_evidence(content, PUBLIC)


def test_a_name_that_stands_twice() -> None:
    """Programs differ in which of both they show."""
    written = BytesIO(MADE)
    with zipfile.ZipFile(written, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("message.eml", b"another")
    with pytest.raises(NotEvidence, match=r"message\.eml stands in the zip file twice"):
        check_evidence(written.getvalue(), PUBLIC)


def stands(content: bytes) -> bool:
    """Return whether the check takes this for what the gateway wrote."""
    try:
        return not check_evidence(content, PUBLIC).faults
    except NotEvidence:
        return False


def test_every_octet_counts() -> None:
    """Those of the headers between the files and of the directory as well: some programs go by these."""
    assert stands(MADE)
    turned = (MADE[:at] + bytes([MADE[at] ^ 0x20]) + MADE[at + 1 :] for at in range(len(MADE)))
    assert not any(map(stands, turned))


# --- keys ------------------------------------------------------------------------------------------------------------


def rsa() -> bytes:
    return generate_private_key(65537, 2048).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize("pem", [b"", b"x", public_pem(PUBLIC).encode()[:60], rsa(), bytes(module.MOST_KEY_BYTES + 1)])
def test_what_is_no_key(pem: bytes) -> None:
    with pytest.raises(NotEvidence, match="no public key as `mailwarden audit key` prints it"):
        read_public_key(pem)
