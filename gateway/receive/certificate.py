"""The host names in a client's TLS certificate. The TLS context has verified the certificate before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def host_names(certificate: Mapping[str, Any]) -> frozenset[str]:
    """Return the names in lower case; the subject's common name counts only without alternative names (RFC 6125)."""
    names = [value for kind, value in certificate.get("subjectAltName", ()) if kind == "DNS"]
    if not names:
        names = [value for part in certificate.get("subject", ()) for key, value in part if key == "commonName"]
    return frozenset(name.lower() for name in names)
