"""The cost of signing an outgoing message, compared with OpenSSL's own RSA-2048 operation in the same run.

The bar: reading the header, canonicalisation, hashing, RSA and the field together take at most twice the time that
`openssl speed` takes for the RSA operation, plus the canonicalisation. Run by hand: a figure is never a test.
`measure()` returns the rows for use in another table. Run alone, the module prints them, and exits with 1 when the bar
is missed.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from gateway.act.signing.dkim import SigningKey, signatures, signed_part
from gateway.act.signing.key_record import new_key
from gateway.message.header.fieldblock import read_fields
from gateway.understand.authentication.dkimpy import canonical_body, relaxed_fields

BAR = 2.0  # times the RSA operation, and the canonicalisation once
ROUNDS = 15
OPENSSL_SECONDS = 2


@dataclass(frozen=True, slots=True)
class Cost:
    """Figures for one message; seconds of the quickest round."""

    what: str
    rsa_seconds: float  # OpenSSL's own operation
    canonical_seconds: float
    our_seconds: float  # the whole of signing

    @property
    def allowed_seconds(self) -> float:
        return BAR * self.rsa_seconds + self.canonical_seconds

    @property
    def held(self) -> bool:
        return self.our_seconds <= self.allowed_seconds


def openssl_seconds() -> float:
    """Return the seconds of one RSA-2048 signature by `openssl speed`."""
    command = ["openssl", "speed", "-seconds", str(OPENSSL_SECONDS), "-mr", "rsa2048"]
    out = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True).stdout
    for line in out.splitlines():
        if line.startswith("+R1:"):  # signatures, bits, seconds
            _, count, _, seconds = line.split(":")
            return float(seconds) / int(count)
    raise ValueError(f"openssl speed says nothing of signatures:\n{out}")


def alternative(octets: int) -> bytes:
    """Return a multipart/alternative message of about this size, as Outlook sends it."""
    header = (
        b"From: Ann Example <ann@example.co.uk>\r\nTo: Joe Outside <joe@outside.example>\r\nCc: jim@outside.example\r\n"
        b"Subject: The order of last week\r\nDate: Mon, 2 Mar 2026 09:30:00 +0000\r\n"
        b"Message-ID: <AM6PR01MB4321.eurprd01@example.co.uk>\r\n"
        b"References: <a1@outside.example>\r\n <b2@example.co.uk>\r\n"
        b"In-Reply-To: <a1@outside.example>\r\nThread-Topic: The order\r\nX-Originating-IP: [10.0.0.7]\r\n"
        b'MIME-Version: 1.0\r\nContent-Type: multipart/alternative;\r\n\tboundary="_000_AM6PR01"\r\n\r\n'
    )
    line = b"Thank you for your message; we will send what you ordered this week.\r\n"
    each = max((octets - len(header)) // 2 // len(line), 1)
    text = b"--_000_AM6PR01\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + line * each
    html = b"--_000_AM6PR01\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html><body>\r\n" + line * each
    return header + text + html + b"</body></html>\r\n--_000_AM6PR01--\r\n"


def measure() -> list[Cost]:
    """Return the costs for a small and a larger message."""
    key = SigningKey("example.co.uk", "mw1", new_key("rsa", 2048))
    rsa = openssl_seconds()
    return [_cost(f"{octets // 1024} KB, RSA-2048", alternative(octets), key, rsa) for octets in (4096, 65536)]


def _cost(what: str, raw: bytes, key: SigningKey, rsa_seconds: float) -> Cost:
    block = read_fields(raw, 0, len(raw))

    def canonical() -> None:
        canonical_body(raw[block.body_start :], "relaxed")
        relaxed_fields(signed_part(block.headers)[0])

    def ours() -> None:
        found = read_fields(raw, 0, len(raw))
        signatures(found.headers, raw[found.body_start :], [key], 1_772_443_800)

    return Cost(what, rsa_seconds, _quickest(canonical), _quickest(ours))


def _quickest(run: Callable[[], None], seconds: float = 0.6) -> float:
    """Return the processor time of one call, the least of several rounds; `openssl speed` counts processor time too."""
    began = time.process_time()
    run()
    calls = max(int(seconds / ROUNDS / max(time.process_time() - began, 1e-5)), 1)
    rounds = []
    for _ in range(ROUNDS):
        began = time.process_time()
        for _ in range(calls):
            run()
        rounds.append((time.process_time() - began) / calls)
    return min(rounds)


def main() -> int:
    costs = measure()
    for one in costs:
        rsa, canonical, ours, allowed = (
            f"{seconds * 1e6:.0f} us"
            for seconds in (one.rsa_seconds, one.canonical_seconds, one.our_seconds, one.allowed_seconds)
        )
        print(
            f"{one.what}: openssl speed {rsa}, canonicalisation {canonical}; signing {ours} of {allowed} allowed:",
            end=" ",
        )
        print("held" if one.held else "MISSED")
    return 0 if all(one.held for one in costs) else 1


if __name__ == "__main__":
    sys.exit(main())
