"""`make sample`: sends sample messages to the running gateway and shows a table of what became of each.

Talks to the listeners of the shipped configuration by SMTP, and asks afterwards as `mailwarden trace` does.
"""

from __future__ import annotations

import argparse
import smtplib
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer
from configuration_file import configuration_file
from rich.console import Console
from rich.progress import track
from rich.table import Table
from rich.text import Text
from sample_mail import Sample, samples

from gateway.cli.control_client import operate
from gateway.cli.local.configured import settings_of

REPLY_SECONDS = 120  # the gateway answers within 90
TRACE_SECONDS = 3  # the audit trail of relayed mail is written in batches, at most a second apart
TRACES_AT_ONCE = 4  # a row that is not there yet is waited for
LEGEND = {
    "relay": "delivered as it came",
    "amend": "delivered, with what the policy adds: mostly one header",
    "quarantine": "held: `mailwarden quarantine list`",
    "reject": "refused for good",
    "defer": "the sender is to try again later",
}
STYLES = {"relay": "green", "amend": "green", "quarantine": "yellow", "defer": "yellow", "reject": "red"}


@dataclass(frozen=True, slots=True)
class Sent:
    """A sample and its reply: the one to DATA, or the refusal before it."""

    sample: Sample
    reply: str
    accepted: bool


def send(sample: Sample, host: str, port: int) -> Sent:
    """Send one message over one connection. Raises OSError if nobody listens or the connection breaks."""
    with smtplib.SMTP(host, port, timeout=REPLY_SECONDS) as client:
        client.ehlo()
        code, text = client.mail(sample.sender)
        if code == 250:
            code, text = _recipients(client, sample.recipients)
        if code // 100 == 2:
            code, text = client.data(sample.message.as_bytes(policy=sample.message.policy.clone(linesep="\r\n")))
        return Sent(sample, f"{code} {text.decode('utf-8', 'replace')}", code == 250)


def _recipients(client: smtplib.SMTP, recipients: Iterable[str]) -> tuple[int, bytes]:
    """Return the reply to the first accepted recipient, else to the last refused one."""
    replies = [client.rcpt(recipient) for recipient in recipients]
    return next((reply for reply in replies if reply[0] // 100 == 2), replies[-1])


def trace(message_id: str, config: Path) -> dict[str, Any] | None:
    """Return the audit row of a message, as soon as there is one. Raises typer.Exit for a user without permission."""
    give_up_at = time.monotonic() + TRACE_SECONDS
    while True:
        rows: list[dict[str, Any]] = operate(config, "trace", words=[message_id], limit=1)["rows"]
        if rows:
            return rows[0]
        if time.monotonic() > give_up_at:
            return None
        time.sleep(0.3)


def outcome(sent: Sent, row: dict[str, Any] | None) -> Text:
    """Return the outcome in words: the action for each recipient, and the codes of the findings."""
    if row is None:
        return Text("nothing on record" if sent.accepted else f"refused; nothing was kept: {sent.reply}", "red")
    actions = [(one["address"], one["action"]) for one in row["recipients"]]
    words = Text()
    if len({action for _, action in actions}) == 1:
        words.append(actions[0][1], STYLES.get(actions[0][1], ""))
    else:
        for address, action in actions:
            words.append(f"{address}: ").append(f"{action}\n", STYLES.get(action, ""))
    return words.append(f"  {', '.join(row['codes'])}" if row["codes"] else "")


def table(results: Sequence[tuple[Sent, dict[str, Any] | None]]) -> Table:
    """Return the table. In 80 columns ids and codes stay whole: other commands and the configuration ask for them."""
    made = Table(show_lines=True)
    made.add_column("sent", no_wrap=True)
    made.add_column("reply", no_wrap=True)
    made.add_column("what became of it, and its id")
    for sent, row in results:
        code = sent.reply[:3] if sent.reply[:3].isdigit() else "none"
        became = outcome(sent, row)
        if row:
            became = Text("\n").join([became, Text(row["id"], "dim")])
        made.add_row(Text(sent.sample.title), Text(code, "green" if sent.accepted else "red"), became)
    return made


def legend(rows: Iterable[Mapping[str, Any] | None]) -> Text:
    """Return the meaning of those words that occur in the table."""
    there = {one["action"] for row in rows if row for one in row["recipients"]}
    lines = [Text(f"{word:<11}", STYLES.get(word, "")).append(means) for word, means in LEGEND.items() if word in there]
    return Text("\n").join(lines)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--config", type=Path, default=configuration_file())
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--inbound", type=int, metavar="PORT", help="default: as in the configuration")
    parser.add_argument("--outbound", type=int, metavar="PORT", help="default: as in the configuration")
    return parser.parse_args()


def ports_of(given: argparse.Namespace) -> dict[str, int]:
    """Return the ports to send to: those given, else those of the configuration's first listener each way."""
    asked = {"inbound": given.inbound, "outbound": given.outbound}
    if all(asked.values()):
        return asked
    listeners = settings_of(given.config).listeners
    addresses = {way: next(x.address for x in listeners if x.direction in (way, "auto")) for way in asked}
    return {way: port or addresses[way].port for way, port in asked.items()}


def send_all(host: str, ports: Mapping[str, int]) -> list[Sent]:
    """Send every sample, one after the other. Raises ConnectionRefusedError if no gateway runs."""
    sent = []
    for sample in samples():
        try:
            sent.append(send(sample, host, ports[sample.listener]))
        except ConnectionRefusedError:
            raise
        except smtplib.SMTPResponseException as refused:  # to DATA itself, or to EHLO
            sent.append(Sent(sample, f"{refused.smtp_code} {refused.smtp_error!s}", False))
        except OSError as trouble:  # smtplib's other errors are OSErrors too
            sent.append(Sent(sample, f"connection lost: {trouble}", False))
    return sent


def main() -> int:
    given = arguments()
    console = Console()
    ports = ports_of(given)
    try:
        sent = send_all(given.host, ports)
    except ConnectionRefusedError:
        console.print(f"No gateway listens on {given.host}, ports {ports['inbound']} and {ports['outbound']}.")
        console.print("Start one with `make run` in another terminal.")
        return 1
    with ThreadPoolExecutor(TRACES_AT_ONCE) as pool:
        asked = pool.map(lambda one: trace(one.sample.message_id, given.config), sent)
        try:
            rows = list(track(asked, "Asking what became of them", len(sent), console=console, transient=True))
        except typer.Exit as refused:  # the reason was printed
            return refused.exit_code
    console.print(table(list(zip(sent, rows, strict=True))))
    console.print(legend(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
