"""The catalogue of metrics: name, kind, labels, meaning. Nothing that isn't in it can be counted.

Labels hold names of the configuration, codes and fixed words: never an address, a subject or any text of a message.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

#: `counter` and `histogram` are sums over all processes and their former lives; `gauge` is a sum over living processes;
#: `state` is the newest value that any process has.
Kind = Literal["counter", "histogram", "gauge", "state"]

#: Upper bounds in seconds of the histograms: from a cached answer to the longest wait for a next hop's reply.
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)

#: Most label sets of one metric. A further one is counted with `other` in place of each label.
MOST_LABEL_SETS = 1000
OTHER = "other"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric, without the prefix `mailwarden_` and, for a counter, without the suffix `_total`."""

    kind: Kind
    meaning: str
    labels: tuple[str, ...] = ()


METRICS: Mapping[str, Metric] = {
    # --- messages ---
    "messages": Metric(
        "counter", "Messages that were judged, by the gravest action on a copy.", ("listener", "direction", "action")
    ),
    "copies": Metric("counter", "Copies of messages, one for each recipient.", ("listener", "direction", "action")),
    "message_bytes": Metric("counter", "Octets of judged messages.", ("listener",)),
    "replies": Metric("counter", "Replies to the final dot: 2xx, 4xx or 5xx.", ("listener", "reply")),
    "findings": Metric("counter", "Messages with a finding, by its code.", ("code",)),
    "would_have": Metric(
        "counter", "Messages on which a filter in monitor would have acted, by code and action.", ("code", "action")
    ),
    "logins": Metric(
        "counter",
        "Logins (AUTH) by result: accepted, refused, blocked, unavailable.",
        ("listener", "result"),
    ),
    # --- stages ---
    "receive_seconds": Metric("histogram", "Time from 354 to the final dot.", ("listener",)),
    "reply_seconds": Metric("histogram", "Time from the final dot to the reply.", ("listener",)),
    "stage_seconds": Metric("histogram", "Time of each stage: understand, judge, act.", ("stage",)),
    "filter_seconds": Metric("histogram", "Time of each filter on a message.", ("filter",)),
    "relay_seconds": Metric("histogram", "Time of a transaction with a next hop.", ("hop",)),
    # --- services ---
    "scanner_up": Metric("state", "1 if the scanner gave its last answer, else 0.", ("scanner",)),
    "scan_seconds": Metric("histogram", "Time of a scan, waiting included.", ("scanner",)),
    "scans": Metric("counter", "Scans by result: clean, found, unavailable.", ("scanner", "result")),
    "scanner_signatures_timestamp_seconds": Metric(
        "state", "Time at which the scanner's signatures were made.", ("scanner",)
    ),
    "dns_up": Metric("state", "1 if the last DNS query had an answer, else 0."),
    "dns_seconds": Metric("histogram", "Time of a DNS query that no cache answered."),
    "dns_queries": Metric("counter", "DNS queries by result: answered, trouble.", ("result",)),
    "next_hop_up": Metric("state", "1 if the next hop took the last connection, else 0.", ("hop",)),
    "next_hop_connect_seconds": Metric("histogram", "Time until a next hop has answered EHLO.", ("hop",)),
    # --- sandbox ---
    "sandbox_seconds": Metric("histogram", "Time in which a sandbox process opened a message."),
    "sandbox_wait_seconds": Metric("histogram", "Time for which a message waited for a sandbox process."),
    "sandbox_troubles": Metric("counter", "Messages that a sandbox process did not open to the end."),
    "sandbox_busy": Metric("counter", "Messages put off (452) since no sandbox process was free in time."),
    "sandbox_processes": Metric("gauge", "Sandbox processes that are running."),
    # --- language model ---
    "language_model_up": Metric("state", "1 if the language model's process came up or answered last, else 0."),
    "language_model_seconds": Metric("histogram", "Time in which the language model read a message."),
    "language_model_messages": Metric(
        "counter",
        "Messages for the language model by result: read; busy or away, and the words decided alone.",
        ("result",),
    ),
    "language_model_failures": Metric("counter", "Processes of the language model that died, hung or did not start."),
    "language_model_processes": Metric("gauge", "Processes of the language model that are running."),
    # --- processes ---
    "sessions": Metric("gauge", "SMTP sessions that are open."),
    "bytes_in_flight": Metric("gauge", "Octets of messages under way, in memory."),
    "audit_rows_waiting": Metric("gauge", "Rows of the audit trail that wait in memory for the store."),
    "process_resident_bytes": Metric("gauge", "Memory of a process; parts of it are shared.", ("process",)),
    "process_restarts": Metric("counter", "Restarts of a process that died.", ("process",)),
    "process_up": Metric("gauge", "1 if the process answers, else 0.", ("process",)),
    # --- outbox and store, from the keeper ---
    "outbox_attempts": Metric(
        "counter",
        "Copies in the outbox that were tried, by kind and result: relayed, failed, later.",
        ("kind", "result"),
    ),
    "store_up": Metric("gauge", "1 if the store answers, else 0."),
    "held_messages": Metric("gauge", "Messages in the quarantine that wait for a decision."),
    "held_bytes": Metric("gauge", "Octets of the quarantine, compressed."),
    "held_bytes_limit": Metric("gauge", "The limit of the quarantine (quarantine_max_bytes)."),
    "oldest_held_seconds": Metric("gauge", "Age of the oldest message that waits for a decision."),
    "outbox_rows": Metric("gauge", "Messages and notices that wait for a next hop."),
    "oldest_outbox_seconds": Metric("gauge", "Age of the oldest row of the outbox."),
    "disk_free_bytes": Metric("gauge", "Free octets of the disk of data_dir."),
    "certificate_expires_timestamp_seconds": Metric("gauge", "End of the certificate of a listener.", ("listener",)),
    "trouble": Metric("gauge", "Troubles that `mailwarden status` calls, by kind; those of processes not.", ("kind",)),
}
