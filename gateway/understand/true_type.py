"""The type of octets, by libmagic, whatever a name or a header says.

Where libmagic fails, TypeUnknown says so; nothing is guessed.
"""

from __future__ import annotations

import magic

#: Octets that libmagic is shown. Its tests look near the start (an ISO image's mark stands at 32,769). On more octets
#: its guesses at text only cost time: 60 ms for 8 MiB of numbers, 10 ms for 1 MiB.
HEAD_BYTES = 1024 * 1024

#: Octets of an OLE compound file (.msi, .doc) that libmagic is shown: more than a message holds. The file's directory,
#: which distinguishes an installer from a document, may lie anywhere. It is cheap: libmagic follows the file's chains.
#: (libmagic's own limit for all content is 7 MiB; it is raised to this.)
COMPOUND_BYTES = 64 * 1024 * 1024

_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP, _UNTOLD = b"PK\x03\x04", "application/octet-stream"


class TypeUnknown(ValueError):
    """libmagic failed on this content: a retry would fail again."""


class LibMagic:
    """One libmagic object, for use in one thread."""

    def __init__(self) -> None:
        self._magic = magic.Magic(mime=True)
        self._magic.setparam(magic.MAGIC_PARAM_BYTES_MAX, COMPOUND_BYTES)

    def of(self, content: bytes) -> str:
        """Return the media type in lower case, "application/x-empty" for no octets. Raises TypeUnknown."""
        head = content[: COMPOUND_BYTES if content.startswith(_COMPOUND) else HEAD_BYTES]
        try:
            found: str = self._magic.from_buffer(head)
        except (magic.MagicException, UnicodeDecodeError) as error:
            raise TypeUnknown(f"libmagic can't tell what it is: {error}") from error
        if found == _UNTOLD and head.startswith(_ZIP):
            return "application/zip"  # libmagic 5.46 doesn't know zip files of Python, Go and Java any more
        return found.lower()
