"""Arguments that commands check before they ask, and the gateway again: ids of messages and addresses of clients."""

from __future__ import annotations

import ipaddress
import re

from gateway.control.refusal import Refused

#: Characters of a UUID as text, and the fewest of its beginning that stand for it where no other id begins so.
ID_CHARACTERS = 36
LEAST_ID_CHARACTERS = 4

_ID = re.compile(r"[0-9a-f]{4,8}|[0-9a-f]{8}-[0-9a-f-]{0,27}", re.IGNORECASE)


def may_be_id(text: str) -> bool:
    """Return whether a text may be an id, or the beginning of one."""
    return _ID.fullmatch(text) is not None


def client_address(client: str) -> str:
    """Return the client's address as the trail has it. Raises Refused."""
    try:
        ip = ipaddress.ip_address(client)
    except ValueError:
        raise Refused(f"--client {client}: that is no IP address") from None
    return str((isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped) or ip)
