"""The measurements in short, for `mailwarden status`: services that mail needs, and messages since the start."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from gateway.measures.measures import Snapshot
from gateway.monitoring.health import signatures

#: Metric of a service's state -> its name for people, and the metric of its answers' time.
_SERVICES = {
    "next_hop_up": ("next hop", "next_hop_connect_seconds"),
    "scanner_up": ("scanner", "scan_seconds"),
    "dns_up": ("DNS", "dns_seconds"),
}


def services(
    snapshot: Snapshot | None,
    hop_troubles: Mapping[str, str],
    hops: Collection[str],
    running: Mapping[str, Any] | None = None,
    *,
    models: bool = True,
) -> list[dict[str, Any]]:
    """Return each service: name, whether it gave its last answer, mean seconds of an answer, a remark.

    `hops` has the next hops of the configuration: a reload may have taken one out that was measured before. `models`
    is the setting; the state of a service that is off is None. `running` has the warnings of the processes.
    """
    if snapshot is None:
        return []
    made_at = signatures(snapshot)
    times = {(name, tuple(labels)): row for name, labels, row in snapshot["durations"]}
    found = []
    for name, labels, (value, _) in sorted(snapshot["states"]):
        if name not in _SERVICES:
            continue
        called, timed = _SERVICES[name]
        subject = " ".join(labels)
        if name == "next_hop_up" and subject not in hops:
            continue
        up = bool(value)
        if name == "next_hop_up":  # the keeper asks each of them; a worker may not have needed it since
            up = subject not in hop_troubles
        remark = hop_troubles.get(subject, "") if name == "next_hop_up" else ""
        if name == "scanner_up" and subject in made_at:
            remark = f"signatures of {datetime.fromtimestamp(made_at[subject], UTC):%Y-%m-%d}"
        found.append(
            {
                "name": f"{called} {subject}".strip(),
                "up": up,
                "seconds": _mean(times.get((timed, tuple(labels)))),
                "remark": remark,
            }
        )
    return [*found, _sandbox(snapshot, times), _language_model(snapshot, times, running or {}, models=models)]


def _sandbox(snapshot: Snapshot, times: Mapping[tuple[str, tuple[str, ...]], list[float]]) -> dict[str, Any]:
    processes = sum(value for name, _, value in snapshot["gauges"] if name == "sandbox_processes")
    troubles = sum(value for name, _, value in snapshot["counts"] if name in ("sandbox_troubles", "sandbox_busy"))
    seconds = _mean(times.get(("sandbox_seconds", ())))
    remark = f"{processes:.0f} processes, {troubles:.0f} messages not opened"
    return {"name": "sandbox", "up": True, "seconds": seconds, "remark": remark}


def _language_model(
    snapshot: Snapshot,
    times: Mapping[tuple[str, tuple[str, ...]], list[float]],
    running: Mapping[str, Any],
    *,
    models: bool,
) -> dict[str, Any]:
    found = {"name": "language model", "up": True, "seconds": _mean(times.get(("language_model_seconds", ())))}
    if not models:
        return {**found, "up": None, "remark": "models: off"}
    warnings = (process.get("warnings", {}) for process in running.get("processes", ()))
    if away := next((one["language model"] for one in warnings if "language model" in one), ""):
        return {**found, "up": False, "remark": away}
    processes = sum(value for name, _, value in snapshot["gauges"] if name == "language_model_processes")
    return {**found, "remark": f"ready, {processes:.0f} processes" if processes else "no filter has asked it yet"}


def memory(snapshot: Snapshot | None) -> dict[str, int]:
    """Return the octets of memory of each process by its name."""
    rows = (snapshot or {}).get("gauges", ())
    return {labels[0]: int(value) for name, labels, value in rows if name == "process_resident_bytes"}


def messages(snapshot: Snapshot | None) -> list[dict[str, Any]]:
    """Return the number of messages since the start by listener, direction and action."""
    rows = sorted((labels, value) for name, labels, value in (snapshot or {}).get("counts", ()) if name == "messages")
    return [
        {"listener": listener, "direction": direction, "action": action, "messages": int(value)}
        for (listener, direction, action), value in rows
    ]


def _mean(row: list[float] | None) -> float | None:
    """Return the mean of a histogram's row: numbers by bucket, and the sum last."""
    return row[-1] / sum(row[:-1]) if row and sum(row[:-1]) else None
