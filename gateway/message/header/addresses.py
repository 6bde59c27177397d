"""Comparison of domains and addresses by their ASCII form, in lower case.

Internationalised domains are converted by IDNA2008 (RFC 5891) after the mapping of Unicode Technical Standard 46,
non-transitional: `faß.example` is no other spelling of `fass.example`. Python's own codec is IDNA2003 and isn't used.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import idna

#: Limits of RFC 1035 2.3.4. A longer text has no ASCII form: the cost of converting grows with the length.
MAX_DOMAIN_CHARACTERS = 253
MAX_LABEL_CHARACTERS = 63

_PREFIX = "xn--"
_WILDCARDS = frozenset("*?[]")
#: Characters of a converted domain: the mapping makes `@`, `/` and blanks out of some characters, which no domain has.
_CONVERTED = re.compile(r"[a-z0-9_.-]*")

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})+")


def ascii_form(domain: str) -> str | None:
    """Return the ASCII form in lower case; None where there is none.

    A text in ASCII is taken as it is: other functions say whether it is a domain.
    """
    if domain.isascii():
        return domain.lower()
    if len(domain) > MAX_DOMAIN_CHARACTERS:
        return None
    try:
        mapped = idna.uts46_remap(domain, std3_rules=False)
        # Label by label: IDNA refuses `_dmarc`, which stands before domains all the same.
        form = ".".join(label if label.isascii() else idna.alabel(label).decode("ascii") for label in mapped.split("."))
    except UnicodeError:  # idna.IDNAError is a UnicodeError
        return None
    return form if _CONVERTED.fullmatch(form) else None


def ascii_domain(text: str) -> str:
    """Return the domain in lower case, in its ASCII form (RFC 5890); "" where the text is no domain."""
    name = (ascii_form(text) or "").removesuffix(".")
    return name if len(name) <= MAX_DOMAIN_CHARACTERS and _DOMAIN.fullmatch(name) else ""


def domain_key(domain: str) -> str:
    """Return a domain's form for comparison, without a final dot.

    A text without an ASCII form is its own key, and equal to no other.
    """
    form = ascii_form(domain)
    return (domain if form is None else form).removesuffix(".")


@lru_cache(maxsize=1024)  # the same few addresses are compared again and again
def address_key(address: str) -> str:
    """Return an address's form for comparison."""
    local, at, domain = address.rpartition("@")
    return f"{local.lower()}@{domain_key(domain)}" if at else address.lower()


def address_pattern(pattern: str) -> str:
    """Return a pattern for keys of addresses. Raise ValueError where it could match none."""
    local, at, domain = pattern.rpartition("@")
    if domain.isascii():
        return pattern.lower()
    labels = [_label_pattern(label) for label in domain.split(".")] if at else [None]
    if None in labels:
        raise ValueError("behind an @, labels with other letters than ASCII are written whole, or in their ASCII form")
    return f"{local.lower()}@{'.'.join(filter(None, labels))}"


def unmatched(pattern: str) -> str:
    """Return the reason why no address has this pattern; "" where one may."""
    if "@" in pattern or not _WILDCARDS.isdisjoint(pattern):
        return ""
    return f"no address is {pattern}: write a whole address, or *@{pattern} for a domain"


def unmatched_outside(pattern: str, domains: Sequence[str]) -> str:
    """Return the reason why no address outside has this pattern; `domains` are ours, `.example.com` with all below."""
    domain = domain_key(pattern.rpartition("@")[2]).strip(".")
    if any(domain == own or (own[0] == "." and domain.endswith(own)) for own in domains):
        return f"{pattern} is your own: only mail to outside is looked through"
    return unmatched(pattern)


def _label_pattern(label: str) -> str | None:
    return ascii_form(label) if label.isascii() or _WILDCARDS.isdisjoint(label) else None


def shown_label(label: str) -> str:
    """Return a label as programs may show it, allowed or not; the label itself where it encodes nothing."""
    if not label.startswith(_PREFIX) or len(label) > MAX_LABEL_CHARACTERS:
        return label
    try:
        shown = label.removeprefix(_PREFIX).encode("ascii").decode("punycode")
    except UnicodeError:
        return label
    return shown if shown.isprintable() else label
