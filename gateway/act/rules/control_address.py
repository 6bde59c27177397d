"""The control address and its tokens: a sender replies to it to confirm a held message of their own.

Other questions have tokens of the same form, with a key for each kind of question.

A token stands in the address itself, as its detail (`mailwarden+TOKEN@gw.example.co.uk`): no more of `Reply-To:` is
kept by every mail program. Subjects are edited and translated, and In-Reply-To is lost where a server or a phone begins
a new message. A token has letters and digits alone, which survive a change of case, and it fits into the 64 octets of a
local part (RFC 5321 4.5.3.1.1).
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
from base64 import b32decode, b32encode
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from gateway.message.header.addresses import address_key
from gateway.smtp.path import is_subaddress

_ID_BYTES, _TIME_BYTES = 16, 4
#: Octets of the MAC: 80 bits, since each guess has to be sent to us, from our own network.
_MAC_BYTES = 10
_TOKEN_BYTES = _ID_BYTES + _TIME_BYTES + _MAC_BYTES  # 30: 48 characters of base32, without padding


@dataclass(frozen=True, slots=True)
class Token:
    """The content of a token; `ControlAddress.signed` says whether the token is ours."""

    mail_id: str  # the held message's, or the question's
    until: datetime
    mac: bytes

    @property
    def id(self) -> bytes:
        """The key under which a used token is remembered."""
        return hashlib.sha256(self.mac + self.mail_id.encode()).digest()


@dataclass(frozen=True, slots=True)
class ControlAddress:
    """The control address. `key` is for this purpose alone."""

    address: str
    key: bytes

    def holds(self, recipient: str) -> bool:
        return is_subaddress(recipient, self.address)

    def reply_to(self, mail_id: str, sender: str, until: datetime) -> str:
        """Return the control address with a token: this sender may confirm this held message until then."""
        said = UUID(mail_id).bytes + int(until.timestamp()).to_bytes(_TIME_BYTES)
        local, _, domain = self.address.rpartition("@")
        return f"{local}+{b32encode(said + self._mac(said, sender)).decode().lower()}@{domain}"

    def token(self, recipient: str) -> Token | None:
        """Return the token in an address; None where none can be read."""
        text = recipient.rpartition("@")[0].strip('"').partition("+")[2]
        try:
            octets = b32decode(text.upper().encode("ascii"))
        except (binascii.Error, UnicodeError):
            return None
        if len(octets) != _TOKEN_BYTES:
            return None
        mail_id, until = octets[:_ID_BYTES], int.from_bytes(octets[_ID_BYTES:-_MAC_BYTES])
        return Token(str(UUID(bytes=mail_id)), datetime.fromtimestamp(until, UTC), octets[-_MAC_BYTES:])

    def signed(self, token: Token, sender: str) -> bool:
        """Return whether we made the token, for this sender."""
        said = UUID(token.mail_id).bytes + int(token.until.timestamp()).to_bytes(_TIME_BYTES)
        return hmac.compare_digest(token.mac, self._mac(said, sender))

    def asks(self, recipient: str, sender: str) -> bool:
        """Return whether an address is this one with a token that we made for this sender."""
        token = self.token(recipient) if self.holds(recipient) else None
        return token is not None and self.signed(token, sender)

    def _mac(self, said: bytes, sender: str) -> bytes:
        return hmac.digest(self.key, said + address_key(sender).encode("utf-8", "surrogatepass"), "sha256")[:_MAC_BYTES]
