"""The catalogue of the log's events: level, keys, what happened, and what an administrator does about it.

Log calls write the names as plain strings and import nothing from here; `tests/unit/docs/test_log_events.py` compares
them with this catalogue. `tools/log_reference.py` makes docs/log.md from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["error", "warning", "info", "debug"]


@dataclass(frozen=True, slots=True)
class LogEvent:
    """One event. `<filter>` in a name stands for the name of any filter in the chain."""

    name: str
    levels: tuple[Level, ...]  # the gravest first
    happened: str
    to_do: str = ""  # "" = nothing
    keys: tuple[str, ...] = ()  # besides timestamp, level and event; some lines have only some of them


#: The outcome of a message, as a line or as a row of the audit trail that could not be written.
_AUDIT_ROW = (
    *("id", "at", "listener", "client", "message_id", "mail_from", "recipients", "bytes", "codes", "reply", "ms"),
    *("monitored", "login", "history"),
)

ERRORS = (
    LogEvent(
        "alerts.dropped",
        ("error",),
        "An alert for the webhook was given up after a day, or since too many waited; it is in this line.",
        "Look at the webhook (`alerts_to`).",
        ("alert", "why"),
    ),
    LogEvent(
        "aside.lost",
        ("error",),
        "The store did not take a reminder of the policy for a sender; the message itself isn't affected.",
        "Look at the store.",
        ("id", "error"),
    ),
    LogEvent(
        "audit.broken",
        ("error",),
        "The records are not as the gateway left them: rows or an end of the chain were changed or removed.",
        "Run `mailwarden audit verify`; look for who can write to the store.",
        ("chain", "number", "fault"),
    ),
    LogEvent(
        "audit.dropped",
        ("error",),
        "More than 20,000 rows of the audit trail waited in a process: the oldest is in this line, not in the store.",
        "Look at the store; keep the line.",
        _AUDIT_ROW,
    ),
    LogEvent(
        "audit.lost",
        ("error",),
        "A process stopped while the store took no rows of the audit trail: the row is in this line, not in the store.",
        "Look at the store; keep the line.",
        _AUDIT_ROW,
    ),
    LogEvent(
        "audit.not_written",
        ("error",),
        "The store took no rows of the audit trail: `waiting` of them stay in memory and are tried again.",
        "Look at the store and its disk.",
        ("error", "waiting"),
    ),
    LogEvent(
        "channel.error",
        ("error",),
        "A process failed to carry out what another process of the gateway asked of it.",
        "Report it with its traceback.",
        ("do", "exception"),
    ),
    LogEvent(
        "control.error",
        ("error",),
        "A command failed by a mistake in the program; `actor`, who gave it, was told.",
        "Report it with its traceback.",
        ("do", "actor", "exception"),
    ),
    LogEvent(
        "digest.not_made",
        ("error",),
        "One person's digest could not be made; the others get theirs. It is tried again within its hour.",
        "Mend the template if the traceback names its file; else report it.",
        ("person", "exception"),
    ),
    LogEvent(
        "directory.not_compiled",
        ("error",),
        "The directory could not be made anew: the gateway goes on with the one from before.",
        "Mend what `error` names; `mailwarden directory check` shows whether that was all.",
        ("error",),
    ),
    LogEvent(
        "filter.error",
        ("error",),
        "A filter raised an exception: the message was deferred, held or passed, as `on_error` says.",
        "Look at the store if the traceback names it, else report it; `mode: off` for the filter until then.",
        ("id", "filter", "exception"),
    ),
    LogEvent(
        "filter.learn",
        ("error",),
        "A filter failed to note what became of a message; the message isn't affected.",
        "Look at the store if the traceback names it, else report it.",
        ("id", "filter", "exception"),
    ),
    LogEvent(
        "http.error",
        ("error",),
        "A page of the monitoring could not be made: the program that asked got 500.",
        "Report it with its traceback.",
        ("exception",),
    ),
    LogEvent(
        "journal.full",
        ("error",),
        "The journal or its disk is full: mail is relayed and not kept. One line for all processes, until it has room.",
        "Do what `why` says.",
        ("why",),
    ),
    LogEvent(
        "journal.not_purged",
        ("error",),
        "Old days of the journal could not be removed; it is tried again at the next purge.",
        "Look at the folder that `error` names.",
        ("error",),
    ),
    LogEvent(
        "journal.not_written",
        ("error",),
        "A relayed message could not be kept in the journal; the same trouble is logged once a minute.",
        "Look at the disk of `data_dir`, and at who owns its folder `journal`; report a line with a traceback.",
        ("id", "error", "exception"),
    ),
    LogEvent(
        "keeper.failed",
        ("error",),
        "A part of the keeper's work failed; the other parts went on, and it is tried again. Once a minute at most.",
        "Report it to the maintainer with the traceback.",
        ("part", "exception"),
    ),
    LogEvent(
        "keeper.store",
        ("error",),
        "The store gave no answer to the keeper: the outbox, notices and the purge wait for its next round.",
        "Look at the store and its disk.",
        ("error",),
    ),
    LogEvent(
        "language_model.away",
        ("error",),
        "The language model's process can't be started: the words of the filters decide alone.",
        "`mailwarden check` says what is wrong: install the package again, look for memory, or set `models: off`.",
        ("trouble", "again_in"),
    ),
    LogEvent(
        "login.unavailable",
        ("error",),
        "No password could be checked: the client was told 454 and tries again.",
        "Look at `source`: the file of logins, the LDAP server or Dovecot; many `login.failed` beside it are a flood.",
        ("source", "error"),
    ),
    LogEvent(
        "message.error",
        ("error",),
        "Checking or delivering a message failed in a way that nobody foresaw: the client was told 451; if other "
        "recipients had their copy already, the rest waits in the outbox.",
        "Look for `sandbox.died` just before it; else report it with its traceback.",
        ("id", "exception"),
    ),
    LogEvent(
        "message.not_recorded",
        ("error",),
        "A message was delivered or held and the client told 250, but a fault kept it out of the audit trail.",
        "Report it to the maintainer with the traceback.",
        ("id", "exception"),
    ),
    LogEvent(
        "notice.not_made",
        ("error",),
        "A person's notice could not be made; the others get theirs. It is tried again after an hour.",
        "Mend the template if the traceback names its file; else report it.",
        ("person", "id", "exception"),
    ),
    LogEvent(
        "outbox.failed",
        ("error",),
        "An attempt to deliver mail of the outbox failed by a fault: those who have not got it are tried again.",
        "Report it to the maintainer with the traceback.",
        ("id", "exception"),
    ),
    LogEvent(
        "outbox.not_recorded",
        ("error",),
        "The outcome of a delivery could not be recorded: it is tried again, and the mail may come twice.",
        "Look at the store and its disk.",
        ("id", "error"),
    ),
    LogEvent(
        "outbox.not_renewed",
        ("error",),
        "The keeper could not prolong its lock on mail that it is delivering: that mail may come twice.",
        "Look at the store and its disk; report a line with a traceback.",
        ("error", "exception"),
    ),
    LogEvent(
        "process.died",
        ("error",),
        "A worker or the keeper ended, or could not be started; it is started again in `again_in` seconds.",
        "Look for the cause: `exit`, the lines before this one, the kernel's log (too little memory?).",
        ("process", "exit", "lived_seconds", "again_in"),
    ),
    LogEvent(
        "reload.refused",
        ("error",),
        "The new configuration has mistakes, or its directory can't be made: the running configuration is kept.",
        "Mend what `problems` names and reload.",
        ("problems",),
    ),
    LogEvent(
        "report.undrawn",
        ("error",),
        "The page of the report could not be made: its message goes without the page.",
        "Look whether the package `pygal` is installed; else report it with the traceback before it.",
        ("status",),
    ),
    LogEvent(
        "session.error",
        ("error",),
        "An SMTP command failed by a mistake in the program: the client was told 451.",
        "Report it with its traceback.",
        ("client", "command", "exception"),
    ),
    LogEvent(
        "store.full",
        ("error",),
        "The quarantine or its disk is full. A client was told 452, or mail that can't be held stays in the outbox.",
        "Release or delete messages, `mailwarden purge` or raise `quarantine_max_bytes`; or make room on the disk.",
        ("id",),
    ),
    LogEvent(
        "store.unavailable",
        ("error",),
        "The store gave no answer, so that a message could not be held or queued: the client was told 451.",
        "Look at the store and its disk.",
        ("id", "error"),
    ),
)

WARNINGS = (
    LogEvent(
        "<filter>.away",
        ("warning",),
        "A program that a filter needs, such as clamd, gives no answer: `on_error` decides about mail.",
        "Bring the program back. `<filter>.proven` says when it is back.",
        ("warning",),
    ),
    LogEvent(
        "<filter>.blind",
        ("warning",),
        "A filter can't do its work. `filters.blind` says that no filter is in the chain.",
        "Mend the cause that `warning` names. `<filter>.proven` says when the filter works again.",
        ("warning",),
    ),
    LogEvent(
        "alerts.not_taken",
        ("warning",),
        "The webhook takes no alerts; they wait in memory and are tried again, `alerts.taken` says that it is back.",
        "Look at the webhook (`alerts_to`).",
        ("url", "error"),
    ),
    LogEvent(
        "control.unreadable",
        ("warning",),
        "A client of the control socket sent no question or read no answer; so did `untold` more since the last line.",
        "Find out which program `user` runs.",
        ("user", "error", "untold"),
    ),
    LogEvent(
        "deferrals.away",
        ("warning",),
        "The store could not say when a message was first deferred: it counts as deferred from now on.",
        "Look at the store and its disk.",
        ("id", "filter", "error"),
    ),
    LogEvent(
        "delivery.failed",
        ("warning",),
        "A next hop accepted a message, but not for `recipient`: your own sender has a report, or the copy is held.",
        "Look now and then: `mailwarden quarantine list --code delivery.failed`.",
        ("id", "recipient", "reply"),
    ),
    LogEvent(
        "descriptors.few",
        ("warning",),
        "The limit of open files is too low for the configured connections: some may be closed.",
        "Raise the hard limit (`LimitNOFILE=`), or lower `limits: connections`.",
        ("limit", "needed", "what"),
    ),
    LogEvent(
        "directory.not_renewed",
        ("warning",),
        "A new `directory.db` can't be read: a process goes on with the one that it has open.",
        "Run `mailwarden directory import`.",
        ("error",),
    ),
    LogEvent(
        "directory.stale",
        ("warning",),
        "The LDAP server of the directory gives no people: the gateway goes on with those from before.",
        "Bring the server back; `mailwarden status` says how old the data is.",
        ("warning",),
    ),
    LogEvent(
        "drain.cut",
        ("warning",),
        "At a stop some sessions or processes did not finish in time and were ended; clients try again.",
        "",
        ("processes", "sessions"),
    ),
    LogEvent(
        "edit.conflict",
        ("warning",),
        "Two amendments of a message can't both be made: the copy is held.",
        "Release the copy: it then goes out without the amendments.",
        ("id", "error"),
    ),
    LogEvent(
        "filter.timeout",
        ("warning",),
        "A filter did not finish within `judge_seconds`: the message was deferred, held or passed, as `on_error` says.",
        "Look at the load of this machine and of programs that the filter needs, such as clamd.",
        ("id", "filter"),
    ),
    LogEvent(
        "http.no_port",
        ("warning",),
        "The port for monitoring can't be had; mail goes on, and the port is tried again every 30 seconds.",
        "Stop the program that has the port, or give `http:` another one and reload.",
        ("address", "error"),
    ),
    LogEvent(
        "language_model.lost",
        ("warning",),
        "The language model's process ended, or took too long over a text, and is replaced: the words decided alone.",
        "If this goes on, look in the kernel's log for a lack of memory, or for processors that are too busy.",
        ("trouble", "again_in"),
    ),
    LogEvent(
        "login.blocked",
        ("warning",),
        "A login was refused unchecked (454), since too many of this client or login have failed.",
        "Somebody guesses, or a device has an old password: look at the `login.failed` before it.",
        ("client", "login"),
    ),
    LogEvent(
        "login.failed",
        ("warning",),
        "A client named a wrong login or password (535). Some people type the password in place of the login.",
        "",
        ("client", "login"),
    ),
    LogEvent(
        "message.busy",
        ("warning",),
        "Attachments could not be opened in time, since too many came at once: the client was told 452.",
        "Allow more `sandbox: processes` if this goes on; keep out a client that floods you.",
        ("id", "client", "from", "reply", "why"),
    ),
    LogEvent(
        "message.poison",
        ("warning",),
        "Workers ended while they examined this message. It is held; mail to the control address is told 451.",
        "Report the fault; delete the message, or release it if the workers ended for another reason.",
        ("id", "deaths"),
    ),
    LogEvent(
        "next_hop.trouble",
        ("warning",),
        "A next hop could not be reached, broke off or did not take a file; the same trouble is logged once a minute.",
        "Bring the next hop back, or mend the cause that `detail` names.",
        ("hop", "detail"),
    ),
    LogEvent(
        "process.suspects",
        ("warning",),
        "A worker ended while it examined messages: a message with two such deaths is held when it comes again.",
        "Look for `message.poison`.",
        ("process", "messages", "most_deaths"),
    ),
    LogEvent(
        "proxy.no_header",
        ("warning",),
        "A connection of a proxy did not begin with a valid PROXY header, on a listener with `proxy_protocol`: closed.",
        "Have the proxy send the header (HAProxy: `send-proxy-v2`), or take its network out of `proxies`.",
        ("listener", "proxy", "why"),
    ),
    LogEvent(
        "sandbox.died",
        ("warning",),
        "A sandbox process ended as it started; another is started.",
        "Look in the kernel's log for the cause, such as too little memory.",
        ("trouble",),
    ),
    LogEvent(
        "sandbox.garbled",
        ("warning",),
        "A sandbox process gave an answer that makes no sense: its message counts as not inspected.",
        "Look at the message, which is held unless you set it otherwise; report it if the message is harmless.",
        ("trouble",),
    ),
    LogEvent(
        "sandbox.limits_only",
        ("warning",),
        "Attachments are opened without the seccomp filter, as `isolation: limits_only` says.",
        "Set `isolation` back on a kernel that can confine the sandbox.",
        ("what",),
    ),
    LogEvent(
        "sandbox.lost",
        ("warning",),
        "An attachment ended its sandbox process or took too long: its message counts as not inspected.",
        "Look at the message, which is held unless you set it otherwise; release or delete it.",
        ("trouble",),
    ),
    LogEvent(
        "scanner.locks_lost",
        ("warning",),
        "The file `slow_scans` can't be opened or locked: each worker alone limits the large scans of a slow client.",
        "Look at the disk and at who owns the file.",
        ("trouble",),
    ),
    LogEvent(
        "scanner.verdicts_lost",
        ("warning",),
        "The file `clean_verdicts` can't be read or written: every part is scanned.",
        "Look at the disk and at who owns the file.",
        ("trouble",),
    ),
    LogEvent(
        "stop.now",
        ("warning",),
        "The gateway was told a second time to stop: its processes are ended at once, and clients try again.",
    ),
)

INFORMATION = (
    LogEvent(
        "<filter>.proven",
        ("info",),
        "The trouble of `<filter>.away` or `<filter>.blind` is over.",
    ),
    LogEvent("alerts.taken", ("info",), "The webhook takes alerts again.", "", ("url",)),
    LogEvent(
        "arc.unsealed",
        ("info",),
        "An amended copy has no ARC seal: its first Authentication-Results isn't ours, or its ARC chain has gaps.",
        "",
        ("id",),
    ),
    LogEvent(
        "directory.compiled",
        ("info",),
        "The directory was made anew from its sources.",
        "",
        ("people", "lists", "left_out"),
    ),
    LogEvent(
        "dkim.unsigned",
        ("info",),
        "A message left without a DKIM signature; `reason` says why.",
        "Add a key for `domains`, if their mail should be signed.",
        ("id", "domains", "reason"),
    ),
    LogEvent(
        "draining",
        ("info",),
        "The gateway stops: it takes no new sessions and finishes those that it has.",
    ),
    LogEvent(
        "http.listening",
        ("info",),
        "/metrics, /healthz and /readyz can be read.",
        "",
        ("address",),
    ),
    LogEvent(
        "journal.has_room",
        ("info",),
        "The journal was full and has room again: relayed mail is kept.",
    ),
    LogEvent(
        "journal.purged",
        ("info",),
        "The journal removed so many days that were over their time.",
        "",
        ("days",),
    ),
    LogEvent(
        "language_model.ready",
        ("info",),
        "The language model's process is ready; `trained` names its file.",
        "",
        ("trained", "seconds"),
    ),
    LogEvent(
        "listening",
        ("info",),
        "A listener takes connections.",
        "",
        ("listener", "address", "direction"),
    ),
    LogEvent(
        "message",
        ("info",),
        "A message was judged: `action` is the outcome, `codes` are the findings, `monitored` says what filters in "
        "monitor would have done for theirs, `login` who had logged in. Written before the reply.",
        "",
        (
            *("id", "action", "listener", "client", "from", "to", "recipients", "directions", "message_id", "bytes"),
            *("codes", "reply", "ms", "actions", "login", "monitored"),
        ),
    ),
    LogEvent(
        "outbox.attempt",
        ("info",),
        "The outbox tried to deliver a row; recipients refused for now are tried again.",
        "",
        ("id", "kind", "attempts", "replies"),
    ),
    LogEvent(
        "purge",
        ("info", "debug"),
        "The store deleted records older than their retention; `debug` if there were none.",
        "",
        (
            *("quarantine", "bin", "audit", "history", "relay_outcomes", "notices", "reminders"),
            *("notice_times", "retry_keys"),
            *(
                "deferrals",
                "counted",
                "correspondents",
                "ledger",
                "counters",
                "pauses",
                "confirmed",
                "agreements",
                "receipts",
                "tokens",
            ),
        ),
    ),
    LogEvent(
        "receipt.reminded",
        ("info",),
        "The sender of an important message was reminded that nobody has answered it.",
        "",
        ("id",),
    ),
    LogEvent(
        "refused",
        ("info",),
        "A command or message was refused before it was judged; `command` is the line that the client sent.",
        "",
        ("listener", "client", "helo", "mail_from", "command", "reply"),
    ),
    LogEvent(
        "reloaded",
        ("info",),
        "The new configuration is in use; `said` lists its settings that are worth a look.",
        "",
        ("said",),
    ),
    LogEvent(
        "report.queued",
        ("info",),
        "The report was put into the outbox for the addresses in `to`.",
        "",
        ("to", "messages"),
    ),
    LogEvent(
        "session.no_tls",
        ("info",),
        "A TLS handshake failed: the client spoke no TLS, went away, or showed a certificate that can't be verified.",
        "",
        ("listener", "client", "why"),
    ),
    LogEvent(
        "stopped",
        ("info",),
        "The gateway has stopped.",
    ),
    LogEvent(
        "tenant.unproven",
        ("info",),
        "A message did not prove that it comes from the listener's `tenant`: 550, or 451 where DNS gave no answer.",
        "If it is yours, do what `why` names: docs/cloud.md has the steps for each service.",
        ("id", "listener", "client", "from", "to", "why", "reply"),
    ),
)

DEBUGGING = (
    LogEvent(
        "alerts.no_answer",
        ("debug",),
        "Supervisor or store gave no answer to the look for alerts.",
        "",
        ("error",),
    ),
    LogEvent(
        "channel.cut", ("debug",), "A process ended before it had read everything that another sent.", "", ("error",)
    ),
    LogEvent("channel.late", ("debug",), "A process that had asked another one ended before the answer.", "", ("do",)),
    LogEvent("http.cut", ("debug",), "A client of the monitoring sent no whole request, or went away.", "", ("error",)),
    LogEvent(
        "next_hop.stale",
        ("debug",),
        "A kept connection to a next hop no longer worked; a new one is opened.",
        "",
        ("hop", "detail"),
    ),
    LogEvent("session.cut", ("debug",), "A client went away in the middle of its session.", "", ("client",)),
)

EVENTS = (*ERRORS, *WARNINGS, *INFORMATION, *DEBUGGING)
