"""The files of a first configuration: the shipped ones, with an administrator's answers in their places.

The module makes texts and writes nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from gateway.cli.local.init.answers import Answers, Upstream
from gateway.settings.yaml.file_search import SHIPPED

#: The configuration of Debian's clamd.
CLAMD_CONFIGURATION = Path("/etc/clamav/clamd.conf")
_SHIPPED_CLAMD = "127.0.0.1:3310"

#: Listeners by what hands mail to the gateway; words in capitals stand for what depends on the answers.
_LISTENERS: Mapping[Upstream, str] = {
    Upstream.postfix: """\
listeners:
  # Postfix takes mail from the network, and hands each message to the gateway before it says 250. The lines for Postfix
  # are in docs/deploy/postfix-before-queue.md.
  - name: postfix                                  # in the log and the store
    address: 127.0.0.1:2525
    direction: auto                                # by client and recipient
    proxies: [127.0.0.1/32]                        # Postfix names the real client by XFORWARD
    trusted_networks: [127.0.0.0/8, "::1"]         # who may send outwards: write here what `mynetworks` in main.cf has
    next_hop: NEXT_HOP
""",
    Upstream.none: """\
listeners:
  # The gateway takes mail from the Internet itself, at port 25: the service needs the right to open it (docs/deploy.md,
  # "Ports below 1024"). It has no blocklists and no greylisting.
  - name: inbound                                  # in the log and the store
    address: 0.0.0.0:25
    direction: inbound
    next_hop: NEXT_HOP
    # certificate: /etc/mailwarden/tls.pem         # offers STARTTLS
  # Mail of your own people to outside, from your mail server; the next hop is your smarthost:
  # - name: outbound
  #   address: 0.0.0.0:2587
  #   direction: outbound
  #   trusted_networks: [10.0.0.10/32]             # your mail server, and nobody else
  #   next_hop: smtp://smarthost.example.net:587
""",
    Upstream.microsoft365: """\
listeners:
  # Microsoft 365 hands mail to the gateway by outbound connectors of your tenant: docs/cloud.md, "Microsoft 365". Its
  # networks are every tenant's: `tenant` demands of each message a proof that it comes from yours. Without `tenant`
  # anybody who reaches this port hands in mail for your domains.
  - name: microsoft365                             # in the log and the store
    address: 0.0.0.0:25                            # docs/deploy.md, "Ports below 1024"
    direction: inbound
    after_queue: true                              # Microsoft has accepted the mail: hold it, let nobody bounce it
    next_hop: NEXT_HOP
PROOF
  # Mail of your people to outside. Microsoft sends to port 25 alone: let the firewall lead port 25 of a second public
  # address here. `X-OriginatorOrg` often names your onmicrosoft.com domain: name all of them, which then count in place
  # of the organisation's, beside `id`, as in {id: …, domains: [example.co.uk, example.onmicrosoft.com]}.
OUTBOUND
""",
    Upstream.google: """\
listeners:
  # Google Workspace hands inbound mail to the gateway by a route to a host of yours: docs/cloud.md, "Google
  # Workspace". Mail comes for your own domains only, and from anybody who reaches this port. Let the firewall admit
  # Google's networks alone, and don't mistake them for a proof: they are every customer's.
  - name: google                                   # in the log and the store
    address: 0.0.0.0:25                            # docs/deploy.md, "Ports below 1024"
    direction: inbound
    after_queue: true                              # Google has accepted the mail: hold it, let nobody bounce it
    next_hop: NEXT_HOP
CERTIFICATE
  # Mail of your people to outside: from Google's networks, and proven by a DKIM signature of your domain.
OUTBOUND
""",
}

#: Values in comments, where there is no answer.
_TENANT = "72f988bf-86f1-41af-91ab-2d7cd011db47"
_CERTIFICATE = "/etc/mailwarden/tls.pem"
_SMARTHOST = "smtp://smarthost.example.net:587"


def listeners_of(answers: Answers) -> str:
    """Return the listeners; what an answer is missing for stands there as a comment."""
    certificate = answers.certificate or _CERTIFICATE
    lines = [f"certificate: {json.dumps(certificate)}"]
    google = answers.upstream == Upstream.google
    if google:  # its route to the gateway demands TLS, and the proof doesn't
        proof = ["tenant: {google: {}}", *(lines if answers.certificate else (f"# {line}" for line in lines))]
    else:
        lines.append(f"tenant: {{microsoft365: {{id: {answers.tenant or _TENANT}}}}}")
        proof = lines
    proven = bool(answers.certificate and answers.tenant)
    smarthost = json.dumps(answers.smarthost or _SMARTHOST)
    outbound = [
        *("- name: outbound", f"  address: 0.0.0.0:{2587 if google else 2526}", "  direction: outbound"),
        *(f"  next_hop: {smarthost}", *(f"  {line}" for line in proof)),
    ]
    return (
        _LISTENERS[answers.upstream]
        .replace("NEXT_HOP", json.dumps(answers.next_hop))
        .replace("PROOF\n", _block(lines, 4, active=proven))
        .replace("CERTIFICATE\n", _block(lines, 4, active=bool(answers.certificate)))
        .replace("OUTBOUND\n", _block(outbound, 2, active=bool(answers.smarthost) and (google or proven)))
    )


def _block(lines: Sequence[str], indent: int, *, active: bool) -> str:
    """Return lines of YAML, or the same as comments."""
    return "".join(f"{' ' * indent}{'' if active else '# '}{line}\n" for line in lines)


def first_files(answers: Answers) -> dict[str, str]:
    """Return the files of a configuration by name, in the order in which they are written."""
    listeners = listeners_of(answers)
    text = _text("gateway.yaml")
    text = _with_value(text, "  name", json.dumps(answers.name, ensure_ascii=False))
    text = _with_value(text, "  domains", f"[{', '.join(map(json.dumps, answers.domains))}]")
    text = _with_value(text, "  contact", f"postmaster@{answers.domains[0].removeprefix('.')}")
    text = _with_value(text, "  timezone", answers.timezone)
    text = _with_value(text, "data_dir", json.dumps(str(answers.data_dir)))
    text = _replaced(r"^listeners:\n(?:[ #].*\n)+", listeners, text)
    filters = _text("filters.yaml")
    filters = _replaced(rf"(?<=clamd: ){re.escape(_SHIPPED_CLAMD)}", clamd_address(CLAMD_CONFIGURATION), filters)
    return {
        "gateway.yaml": text,
        "filters.yaml": filters,
        "directory.yaml": _text("directory.yaml"),
        "policy.yaml": _text("policy.yaml"),
    }


def trial_file() -> str:
    """Return the shipped main file with its data in its own folder: to try the gateway without a configuration."""
    return _with_value(_text("gateway.yaml"), "data_dir", ".")


def clamd_address(configuration: Path) -> str:
    """Return the address of the clamd with this configuration, else the shipped one."""
    try:
        lines = configuration.read_text("utf-8", "replace").splitlines()
    except OSError:  # no clamd here, or not for this user: `check` asks the one at the shipped address
        return _SHIPPED_CLAMD
    directives = dict(line.split(maxsplit=1) for line in lines if len(line.split(maxsplit=1)) == 2)
    if socket := directives.get("LocalSocket"):
        return socket.strip()
    if port := directives.get("TCPSocket"):
        return f"{directives.get('TCPAddr', '127.0.0.1').strip()}:{port.strip()}"
    return _SHIPPED_CLAMD


def _text(name: str) -> str:
    return (SHIPPED / name).read_text("utf-8")


def _with_value(text: str, key: str, value: str) -> str:
    """Return the text with another value for a key; its comment keeps its column where there is room."""

    def line(found: re.Match[str]) -> str:
        start = f"{key}: {value}"
        return (
            f"{start:<{found.start('comment') - found.start() - 1}} {found['comment']}" if found["comment"] else start
        )

    return _replaced(rf"^{key}: [^#\n]*(?P<comment>#.*)?$", line, text)


def _replaced(pattern: str, by: object, text: str) -> str:
    made, count = re.subn(pattern, by if callable(by) else lambda _: str(by), text, count=1, flags=re.MULTILINE)
    if not count:
        raise LookupError(f"the shipped configuration has no {pattern}")
    return made
