"""Recognition of links that lead outside the reader's own network.

Firms' letters name their template by a drive or by a server's short name: nobody outside can own those. Nothing is
looked up.
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import unquote

#: Top names that no public DNS answers for (RFC 6762, RFC 8375, and what firms use).
PRIVATE_SUFFIXES = (".local", ".localdomain", ".lan", ".internal", ".intranet", ".corp", ".home.arpa", ".private")

#: Addresses of networks of one's own (RFC 1918, RFC 3927, RFC 4193), and of the machine itself.
_OWN_NETWORKS: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...] = (
    *map(ipaddress.IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8")),
    *map(ipaddress.IPv6Network, ("fc00::/7", "fe80::/10", "::1/128")),
)

#: Protocols by which a link starts a program of Windows or Office that has been used to run others. Those by which
#: SharePoint opens a document are excepted.
_PROGRAMS = re.compile(
    r"(?:search(?:-ms)?|ms-(?!word:|excel:|powerpoint:|visio:|project:|publisher:|access:|outlook:|teams:)[a-z0-9-]+|shell"
    r"|jar|mk|its|ms-its|hcp|res|vnd\.libreoffice\.command|vnd\.sun\.star\.[a-z]+|macro):"
)
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]+):")
_IGNORED = dict.fromkeys((*range(33), 127, 160, 0xFEFF))  # Office removes blanks and controls before it reads a link


def is_remote(target: str) -> bool:
    """Return whether a URL, a UNC path or a file name leads to a host that may be anyone's."""
    path = unquote(target).translate(_IGNORED).lower().replace("\\", "/").lstrip("'\"")
    scheme = _SCHEME.match(path)
    if scheme is None:
        return path.startswith("//") and _is_public_share(path)
    rest = path[scheme.end() :]
    if scheme[1] == "file":
        return _is_file_outside(rest)
    if scheme[1] in {"http", "https", "ftp"}:
        return _is_public(re.split(r"[/?#]", rest.lstrip("/"), maxsplit=1)[0].rpartition("@")[2])
    return True  # "mhtml:", "script:", "ms-msdt:": no document needs them


def starts_program(target: str) -> bool:
    """Return whether a click on the link starts a program of Windows, or leads to a share."""
    path = unquote(target).translate(_IGNORED).lower().lstrip("'\"")
    return _PROGRAMS.match(path) is not None or is_share(target)


def is_share(target: str) -> bool:
    """Return whether the target is a file on a host that may be anyone's.

    Windows logs on to that host to read the file.
    """
    path = unquote(target).translate(_IGNORED).lower().lstrip("'\"")
    if not path.startswith("file:") and "\\" not in path[:2]:
        return False  # "//host/path" is an address of the web
    return is_remote(target)


def _is_file_outside(rest: str) -> bool:
    slashes = len(rest) - len(rest.lstrip("/"))
    if slashes in (0, 1, 3) or re.match(r"/*[a-z][:|]", rest):
        return False
    return _is_public_share(rest)


def _is_public_share(path: str) -> bool:
    """Return whether "//host/share/…" leads to a public host; "//?/UNC/host/share/…" is the same."""
    pieces = [piece for piece in path.split("/", 8) if piece]
    if pieces and pieces[0] in {"?", "."}:
        pieces = pieces[2:] if pieces[1:2] == ["unc"] else []
    return bool(pieces) and ("@" in pieces[0] or _is_public(pieces[0]))  # "host@SSL", "host@8080": WebDAV


def _is_public(host: str) -> bool:
    bare = host.removeprefix("[").partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        return _is_public_name(bare)
    return not any(address in network for network in _OWN_NETWORKS)


def _is_public_name(bare: str) -> bool:
    if bare.isdigit() or bare.startswith("0x"):  # an address written as one number
        return True
    return "." in bare.rstrip(".") and not bare.rstrip(".").endswith(PRIVATE_SUFFIXES)
