"""How domains and addresses are compared: by their ASCII form, in lower case.

Internationalised domains are converted by IDNA2008 (RFC 5891) after the mapping of Unicode Technical Standard 46,
non-transitional: `faß.example` is no other spelling of `fass.example`. Python's own codec is IDNA2003 and isn't used.
"""

from __future__ import annotations

import re

import idna

#: RFC 1035 2.3.4. A longer text has no ASCII form: what it costs to convert grows with its length.
MAX_DOMAIN_CHARACTERS = 253
MAX_LABEL_CHARACTERS = 63

_PREFIX = "xn--"
_WILDCARDS = frozenset("*?[]")
#: Of what was not ASCII: the mapping makes `@`, `/` and blanks out of some characters.
_CONVERTED = re.compile(r"[a-z0-9_.-]*")

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})+")


def ascii_form(domain: str) -> str | None:
    """In lower case; None where there is none. ASCII is taken as it is: whether it is a domain is for others to say."""
    if domain.isascii():
        return domain.lower()
    if len(domain) > MAX_DOMAIN_CHARACTERS:
        return None
    try:
        mapped = idna.uts46_remap(domain, std3_rules=False)
        # Label by label: `_dmarc` is none to IDNA, and stands before domains all the same.
        form = ".".join(label if label.isascii() else idna.alabel(label).decode("ascii") for label in mapped.split("."))
    except UnicodeError:  # idna.IDNAError is one
        return None
    return form if _CONVERTED.fullmatch(form) else None


def ascii_domain(text: str) -> str:
    """The domain in lower case, an internationalised one in its ASCII form (RFC 5890); "" where it isn't one."""
    name = (ascii_form(text) or "").removesuffix(".")
    return name if len(name) <= MAX_DOMAIN_CHARACTERS and _DOMAIN.fullmatch(name) else ""


def domain_key(domain: str) -> str:
    """A domain as it is compared, without a final dot. What has no ASCII form is itself, and equal to nothing else."""
    form = ascii_form(domain)
    return (domain if form is None else form).removesuffix(".")


def address_key(address: str) -> str:
    """An address as it is compared."""
    local, at, domain = address.rpartition("@")
    return f"{local.lower()}@{domain_key(domain)}" if at else address.lower()


def address_pattern(pattern: str) -> str:
    """A pattern for keys of addresses. Raises ValueError where it could match none."""
    local, at, domain = pattern.rpartition("@")
    if domain.isascii():
        return pattern.lower()
    labels = [_label_pattern(label) for label in domain.split(".")] if at else [None]
    if None in labels:
        raise ValueError("behind an @, labels with other letters than ASCII are written whole, or in their ASCII form")
    return f"{local.lower()}@{'.'.join(filter(None, labels))}"


def _label_pattern(label: str) -> str | None:
    return ascii_form(label) if label.isascii() or _WILDCARDS.isdisjoint(label) else None


def shown_label(label: str) -> str:
    """A label as programs may show it, be it allowed or not; itself where it encodes nothing."""
    if not label.startswith(_PREFIX) or len(label) > MAX_LABEL_CHARACTERS:
        return label
    try:
        shown = label.removeprefix(_PREFIX).encode("ascii").decode("punycode")
    except UnicodeError:
        return label
    return shown if shown.isprintable() else label
