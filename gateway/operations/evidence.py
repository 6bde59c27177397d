"""Evidence: one held message with all that is on record of it, in a zip file that the gateway signs, and its check.

The zip has no compression, no comment and no date: the same files make the same octets. So a check makes the zip anew
and compares, and nothing hides in a corner of the format. The check needs the public key alone.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from zipfile import ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

#: The purpose of the key that signs, which is made from secret.key.
PURPOSE = "evidence"
FORMAT = "mailwarden evidence 1"
MANIFEST = "manifest.json"
SIGNATURE = "manifest.sig"

#: Most octets of a file that is checked, in memory: several times the largest message, with its records.
MOST_BYTES = 512 * 1024 * 1024
#: Most files in it, and most octets of the zip's directory of them. The gateway writes seven.
MOST_FILES = 20
MOST_DIRECTORY_BYTES = 4 * 1024
#: Most octets of the manifest and of a public key; each has less than two thousand.
MOST_MANIFEST_BYTES = 64 * 1024
MOST_KEY_BYTES = 16 * 1024

_END = struct.Struct("<4s4H2LH")  # end of a zip's directory
_LOCAL = struct.Struct("<4s5H3L2H")  # header before a file in a zip
_ZIP64_LOCATOR_BYTES = 20


class NotEvidence(ValueError):
    """The file is no evidence that the gateway has written, or can't be read as such."""


@dataclass(slots=True)
class EvidenceCheck:
    """The outcome of a check; without a fault every file is as the gateway wrote it."""

    manifest: dict[str, Any] = field(default_factory=dict)  # {} unless the signature fits
    faults: list[str] = field(default_factory=list)


def signing_key(seed: bytes) -> Ed25519PrivateKey:
    """Return the key that signs, from the 32 octets derived for PURPOSE."""
    return Ed25519PrivateKey.from_private_bytes(seed)


def public_pem(key: Ed25519PublicKey) -> str:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")


def fingerprint(key: Ed25519PublicKey) -> str:
    """Return the SHA-256 of the key's 32 octets, hexadecimal."""
    return hashlib.sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()


def read_public_key(pem: bytes) -> Ed25519PublicKey:
    """Return the public key. Raises NotEvidence."""
    try:
        key = load_pem_public_key(pem) if len(pem) <= MOST_KEY_BYTES else None
    except ValueError:
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise NotEvidence("it is no public key as `mailwarden audit key` prints it")
    return key


def make_evidence(raw: bytes, records: Mapping[str, Any], about: Mapping[str, str], key: Ed25519PrivateKey) -> bytes:
    """Return the signed zip: the message as it came, each of `records` as JSON, and the manifest with `about`."""
    files = {"message.eml": raw, **{f"{name}.json": _json(record) for name, record in records.items()}}
    listed = {name: {"bytes": len(octets), "sha256": _digest(octets)} for name, octets in files.items()}
    manifest = _json({"format": FORMAT, **about, "key": fingerprint(key.public_key()), "files": listed})
    return _zipped({**files, MANIFEST: manifest, SIGNATURE: key.sign(manifest)})


def _json(record: Any) -> bytes:
    return json.dumps(record, indent=1).encode("ascii") + b"\n"


def _digest(octets: bytes) -> str:
    return hashlib.sha256(octets).hexdigest()


def _zipped(files: Mapping[str, bytes]) -> bytes:
    """Return the zip of these files; the same files always give the same octets."""
    written = BytesIO()
    with ZipFile(written, "w", ZIP_STORED) as archive:
        for name, octets in files.items():
            entry = ZipInfo(name)
            entry.create_system, entry.external_attr = 3, 0o600 << 16
            archive.writestr(entry, octets)
    return written.getvalue()


# --- the check -------------------------------------------------------------------------------------------------------


def check_evidence(content: bytes, key: Ed25519PublicKey) -> EvidenceCheck:
    """Check the zip's signature and every file. Raises NotEvidence for what the gateway never writes."""
    files = _unzipped(content)
    missing = [name for name in (MANIFEST, SIGNATURE) if name not in files]
    if missing:
        return EvidenceCheck(faults=[f"{name} is missing" for name in missing])
    try:
        key.verify(files[SIGNATURE], files[MANIFEST])
    except InvalidSignature:
        return EvidenceCheck(faults=[_misfit(files[MANIFEST], key)])
    manifest: dict[str, Any] = json.loads(files[MANIFEST])  # the gateway's own: the signature fits
    checked = EvidenceCheck(manifest, list(_faults(files, manifest["files"])))
    if not checked.faults:
        names = [*manifest["files"], MANIFEST, SIGNATURE]
        if _zipped({name: files[name] for name in names}) != content:
            checked.faults.append(
                "the zip file holds something beside its files, or in another order: it was rewritten"
            )
    return checked


def _misfit(manifest: bytes, key: Ed25519PublicKey) -> str:
    """Return a sentence about a signature that doesn't fit; what the manifest says of itself is only a hint."""
    try:
        said = json.loads(manifest[:MOST_MANIFEST_BYTES])["key"]
    except (ValueError, TypeError, LookupError, RecursionError):
        said = None
    ours = fingerprint(key)
    if isinstance(said, str) and said != ours:
        return f"it is signed with another key: it names {said[:64]}, and the given one is {ours}"
    return f"{MANIFEST} or its signature was changed"


def _faults(files: Mapping[str, bytes], listed: Mapping[str, Mapping[str, Any]]) -> Sequence[str]:
    missing = [f"{name} is missing" for name in listed if name not in files]
    changed = [
        f"{name} was changed"
        for name, told in listed.items()
        if name in files and (len(files[name]), _digest(files[name])) != (told["bytes"], told["sha256"])
    ]
    added = [f"{name} was added" for name in files if name not in (*listed, MANIFEST, SIGNATURE)]
    return [*missing, *changed, *added]


def _unzipped(content: bytes) -> dict[str, bytes]:
    """Return the files of a zip as the gateway writes it; nothing is unpacked, so nothing grows. Raises NotEvidence."""
    _check_end(content)
    try:
        with ZipFile(BytesIO(content)) as archive:
            entries = archive.infolist()
    except (BadZipFile, NotImplementedError, ValueError, OverflowError) as error:
        raise NotEvidence(f"the zip file is broken: {error}") from error
    files: dict[str, bytes] = {}
    for entry in entries:
        if entry.compress_type != ZIP_STORED or entry.flag_bits or entry.compress_size != entry.file_size:
            raise NotEvidence(f"{entry.filename} is compressed or encrypted, and the gateway writes neither")
        if entry.filename in files:
            raise NotEvidence(f"{entry.filename} stands in the zip file twice")
        files[entry.filename] = _octets(content, entry)
    return files


def _check_end(content: bytes) -> None:
    """Check the end of the zip before anything reads its directory. Raises NotEvidence."""
    if len(content) < _END.size or not content.startswith(b"PK"):
        raise NotEvidence("it is no zip file")
    signature, *_, number, directory_bytes, start, _ = _END.unpack(content[-_END.size :])
    if signature != b"PK\5\6" or start + directory_bytes + _END.size != len(content):
        raise NotEvidence("the zip file doesn't end as the gateway's do: it was cut off, or something was appended")
    locator = content[-_END.size - _ZIP64_LOCATOR_BYTES :][:4]
    if number > MOST_FILES or directory_bytes > MOST_DIRECTORY_BYTES or locator == b"PK\6\7":
        raise NotEvidence(
            f"the zip file has more than {MOST_FILES} files, or a directory that the gateway never writes"
        )


def _octets(content: bytes, entry: ZipInfo) -> bytes:
    """Return a file's octets. Raises NotEvidence where they don't lie in the zip."""
    at = entry.header_offset
    header = content[at : at + _LOCAL.size]
    if at < 0 or len(header) < _LOCAL.size:
        raise NotEvidence(f"{entry.filename} has no place in the zip file")
    *_, name_bytes, extra_bytes = _LOCAL.unpack(header)
    begin = at + _LOCAL.size + name_bytes + extra_bytes
    octets = content[begin : begin + entry.file_size]
    if len(octets) < entry.file_size:
        raise NotEvidence(f"{entry.filename} doesn't lie in the zip file as a whole")
    return octets
