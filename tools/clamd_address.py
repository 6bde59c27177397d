"""The address of clamd, and a probe whether it listens there.

The probe is one PING; nothing is scanned.
"""

from __future__ import annotations

import socket

from gateway.services.clamd_session import Address

PING_SECONDS = 2  # a clamd that is alive answers at once; while it loads signatures it doesn't listen yet


def shown(address: Address) -> str:
    """Return the address in the form of the configuration."""
    return address.path or f"{f'[{address.host}]' if ':' in address.host else address.host}:{address.port}"


def on_this_machine(address: Address) -> bool:
    """Return whether a clamd started on this machine could listen at the address."""
    return bool(address.path) or address.host in ("localhost", "::1") or address.host.startswith("127.")


def listen_lines(address: Address) -> str:
    """Return the lines of clamd.conf that make clamd listen at the address."""
    if address.path:
        return f"LocalSocket {address.path}\nLocalSocketMode 660"
    return f"TCPAddr {'127.0.0.1' if address.host == 'localhost' else address.host}\nTCPSocket {address.port}"


def answers(address: Address) -> bool:
    """Return whether a clamd is there: it answers PONG to PING."""
    try:
        with _connect(address) as connection:
            connection.sendall(b"zPING\0")
            return connection.recv(64).startswith(b"PONG")
    except OSError:
        return False


def _connect(address: Address) -> socket.socket:
    if not address.path:
        return socket.create_connection((address.host, address.port), PING_SECONDS)
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(PING_SECONDS)
    try:
        connection.connect(address.path)
    except OSError:
        connection.close()
        raise
    return connection
