"""The addresses that a login may send from: its person's, those whose delegate the person is, and shared ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gateway.directory.lookup import KnownDirectory
from gateway.message.header.addresses import address_key

GROUP = "group:"


class SendingRights:
    """The rights of all logins. `shared` has who may send from an address: addresses, and `group:NAME`."""

    def __init__(self, directory: KnownDirectory, shared: Mapping[str, Sequence[str]]) -> None:
        self._directory = directory
        self._shared = {address_key(address): tuple(senders) for address, senders in shared.items()}

    def may_send_as(self, login: str, address: str) -> bool:
        """Return whether the login may send from this address."""
        own, key = self.own(login), address_key(address)
        if not own or key in own:
            return bool(own)
        owner = self._directory.person(key)
        named = (*(owner.delegates if owner else ()), *self._shared.get(key, ()))
        groups = {group for one in own for group in self._directory.groups(one)}
        return any(
            one.removeprefix(GROUP) in groups if one.startswith(GROUP) else address_key(one) in own for one in named
        )

    def is_shared(self, address: str) -> bool:
        """Return whether the address is one of the shared ones."""
        return address_key(address) in self._shared

    def own(self, login: str) -> frozenset[str]:
        """Return the keys of the login's own addresses: those of its person, or else itself, at a domain of ours."""
        person = self._directory.person_with_login(login) or ("@" in login and self._directory.person(login)) or None
        if person:
            return frozenset(map(address_key, person.addresses))
        return frozenset((address_key(login),)) if self._directory.is_ours(address_key(login)) else frozenset()
