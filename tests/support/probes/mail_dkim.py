"""Mail::DKIM's verdict on messages, over a test's DNS: Debian's libmail-dkim-perl, with libcryptx-perl for Ed25519."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Sequence

_PROGRAM = r"""
use strict; use warnings;
use JSON::PP; use MIME::Base64; use Net::DNS;
use Mail::DKIM::Verifier; use Mail::DKIM::ARC::Verifier; use Mail::DKIM::DNS;
my $asked = decode_json(do { local $/; <STDIN> });
Mail::DKIM::DNS::resolver(Net::DNS::Resolver->new(nameservers => ["127.0.0.1"], port => $asked->{port}));
my @answers;
for my $message (map { decode_base64($_) } @{$asked->{messages}}) {
    my $dkim = Mail::DKIM::Verifier->new();
    $dkim->PRINT($message); $dkim->CLOSE;
    my $arc = Mail::DKIM::ARC::Verifier->new();
    $arc->PRINT($message); $arc->CLOSE;
    push @answers, {dkim => [map { $_->selector . " " . $_->result } $dkim->signatures], arc => $arc->result};
}
print encode_json(\@answers);
"""


def verdicts(messages: Sequence[bytes], port: int) -> list[tuple[list[str], str]]:
    """Return for each message "SELECTOR RESULT" of its signatures, and the result of its ARC chain."""
    asked = json.dumps({"port": port, "messages": [base64.b64encode(m).decode() for m in messages]})
    done = subprocess.run(
        ["perl", "-e", _PROGRAM], input=asked, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return [(one["dkim"], one["arc"]) for one in json.loads(done.stdout)]
