"""The kinds of containers that are opened, in the order in which they are tried; several may fit the same octets."""

from __future__ import annotations

from gateway.understand.member import Opener

OPENERS: tuple[Opener, ...] = ()
