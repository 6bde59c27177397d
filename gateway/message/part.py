"""One part of a message: offsets into its octets, header fields, defects, and views decoded when first asked for.

Offsets always count octets of `raw`. Views never raise: wrong content is a Defect. `gateway.message.mime.parse` makes
the parts of a message, `gateway.understand.tree` those that were unpacked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from gateway.message.computed_once import computed_once
from gateway.message.defect import Defect
from gateway.message.encodings.decode import Octets, Text, decode_text, decode_transfer
from gateway.message.header.field import Header
from gateway.message.header.name_defects import name_defects
from gateway.message.header.name_forms import extension_of, name_forms
from gateway.message.header.names import Names, read_names
from gateway.message.passage import Passage
from gateway.message.reading import MARK, QUOTED

_OTHER_HINTS = ("content-id", "subject")
_BODY_TYPES = frozenset({"text/plain", "text/html"})

#: Octets that no text in a message body has: controls except HT, LF, FF, CR and ESC (used by ISO 2022).
_CONTROLS = bytes(octet for octet in range(32) if octet not in b"\t\n\x0c\r\x1b")

#: Views of a part that don't depend on what is unpacked from it.
_KEPT_VIEWS = (
    "_fields",
    "params",
    "disposition",
    "_naming",
    "name_forms",
    "extensions",
    "transfer",
    "reading",
    "is_body_text",
)


@dataclass(frozen=True, eq=False)
class Part:
    """An entity (RFC 2045 2.4): the message itself, a part of a multipart, or a message inside a message."""

    raw: bytes = field(repr=False)  # the octets that the offsets count
    path: str  # "1"; its children "1.1", "1.2"; a nested message is the child of its message/rfc822 part
    headers: tuple[Header, ...] = field(repr=False)
    header_start: int
    body_start: int
    end: int
    content_type: str  # lower case, with the defaults of RFC 2045 5.2
    encoding: str  # token of Content-Transfer-Encoding, lower case; "7bit" if there is none
    structure_defects: tuple[Defect, ...] = ()  # found by the parser
    children: tuple[Part, ...] = field(default=(), repr=False)
    unpacked: tuple[Part, ...] = field(default=(), repr=False)  # from inside its content: archive members, readings
    given_names: tuple[str, ...] = ()  # names given by the container that it was unpacked from
    true_type: str = ""  # its type by its octets, whatever is declared; "" = not asked for
    passages: tuple[Passage, ...] | None = None  # its text as the sandbox read it; None = not read there

    @property
    def carrier(self) -> str:
        """Path of the part of the message itself that holds this one: the part that an edit can name."""
        return self.path.partition("/")[0]

    @property
    def is_quoted(self) -> bool:
        """Return whether the part stands in a text that only looks divided into parts.

        Its form is of no concern then; a harmful file in it is.
        """
        return f"{MARK}{QUOTED}" in self.path

    @property
    def is_multipart(self) -> bool:
        return self.content_type.startswith("multipart/")

    @property
    def is_leaf(self) -> bool:
        """Return whether no part is inside; a multipart without delimiters is a leaf too."""
        return not self.children

    def seen(
        self,
        *,
        true_type: str,
        defects: tuple[Defect, ...],
        children: tuple[Part, ...],
        unpacked: tuple[Part, ...],
        passages: tuple[Passage, ...] | None = None,
    ) -> Part:
        """Return this part with the results of opening it; views that are already decoded are kept."""
        part = replace(
            self,
            true_type=true_type,
            structure_defects=(*self.structure_defects, *defects),
            children=children,
            unpacked=unpacked,
            passages=passages,
        )
        part.__dict__.update({view: self.__dict__[view] for view in _KEPT_VIEWS if view in self.__dict__})
        return part

    @computed_once
    def _fields(self) -> Mapping[str, tuple[Header, ...]]:
        found: dict[str, list[Header]] = {}
        for header in self.headers:
            found.setdefault(header.key, []).append(header)
        return {key: tuple(headers) for key, headers in found.items()}

    def fields(self, name: str) -> tuple[Header, ...]:
        """Return all fields of a name, in order."""
        return self._fields.get(name.lower(), ())

    def header(self, name: str) -> str | None:
        """Return the value of the first field of a name, decoded; None where there is none."""
        fields = self.fields(name)
        return fields[0].value if fields else None

    def all(self, name: str) -> tuple[str, ...]:
        return tuple(header.value for header in self.fields(name))

    @computed_once
    def params(self) -> Mapping[str, str]:
        """The Content-Type's parameters, decoded, names in lower case."""
        fields = self.fields("content-type")
        return fields[0].params if fields else {}

    @property
    def charset(self) -> str | None:
        return self.params.get("charset") or None

    @computed_once
    def disposition(self) -> str:
        """ "attachment", "inline", another token in lower case, or "" without Content-Disposition."""
        fields = self.fields("content-disposition")
        return fields[0].structured.token if fields else ""

    @computed_once
    def _naming(self) -> Names:
        types, dispositions = self.fields("content-type"), self.fields("content-disposition")
        hints = (header for name in self._hinting for header in self.fields(name))
        return read_names(dispositions, types, hints, self.given_names)

    @property
    def _hinting(self) -> tuple[str, ...]:
        """Fields that name a file where no other does. Texts, pictures and messages are quoted by their Content-ID."""
        if self.is_multipart:
            return ()
        names = ("content-description", "content-location")
        return names if self.content_type.startswith(("text/", "image/", "message/")) else (*names, *_OTHER_HINTS)

    @property
    def names(self) -> tuple[str, ...]:
        """Every file name that a field or a container gives the part, decoded; names that disagree are all here."""
        return self._naming.shown

    @computed_once
    def name_forms(self) -> Mapping[str, tuple[str, ...]]:
        """Every name that any program could read, and its possible forms on a disk (`header.name_forms`)."""
        return {name: name_forms(name) for name in self._naming.readings}

    @computed_once
    def extensions(self) -> frozenset[str]:
        """The extensions of all forms of all names, lower case without the dot: a program may go by any of them."""
        return frozenset(extension_of(form) for forms in self.name_forms.values() for form in forms)

    @property
    def body(self) -> bytes:
        return self.raw[self.body_start : self.end]

    @computed_once
    def transfer(self) -> Octets:
        """The body without its transfer encoding, and the problem with that encoding."""
        return Octets(self.body) if self.children else decode_transfer(self.body, self.encoding)

    @property
    def decoded(self) -> bytes:
        return self.transfer.octets

    @computed_once
    def reading(self) -> Text:
        """The text, the codec that gave it, and the problem with the declared charset."""
        return decode_text(self.decoded, self.charset)

    @property
    def text(self) -> str:
        return self.reading.text

    @computed_once
    def defects(self) -> tuple[Defect, ...]:
        """The defects of this part itself, not of its children; asking for them decodes the body."""
        seen = [self.transfer] if self.is_leaf else []
        wrong: list[Octets | Text] = [*seen, self.reading] if self._is_text else [*seen]
        found = [Defect(one.problem, one.what, self.body_start) for one in wrong if one.problem]
        return (*self.structure_defects, *self._overflows(), *self._misnamings(), *found)

    @computed_once
    def is_body_text(self) -> bool:
        """Return whether the part is the message's own text: nameless plain text or HTML, not sent as an attachment.

        Its true type isn't asked for: nobody opens a body as a file, and a body that quotes a script would be taken for
        one. A part with octets that no text has is an attachment nevertheless.
        """
        if self.content_type not in _BODY_TYPES or self.names or self.disposition == "attachment":
            return False
        content = self.decoded
        return len(content.translate(None, _CONTROLS)) == len(content)

    @property
    def _is_text(self) -> bool:
        return self.is_leaf and self.content_type.startswith("text/")

    def _misnamings(self) -> list[Defect]:
        fields = (*self.fields("content-disposition"), *self.fields("content-type"))
        at = fields[0].start if fields else self.header_start
        return [Defect(code, what, at) for code, what in name_defects(self._naming, self.given_names)]

    def _overflows(self) -> list[Defect]:
        fields = (*self.fields("content-type"), *self.fields("content-disposition"))
        what = "A field has more parameters than are read"
        found = [Defect("limit.params", what, header.start) for header in fields if header.structured.overflow]
        if self._naming.unread and not found:
            found.append(Defect("limit.params", "A field that names a file is too long to be read", self.header_start))
        return found
