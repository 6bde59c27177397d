"""`mailwarden status | reload | purge`: the running gateway."""

from __future__ import annotations

from typing import Any

import typer

from gateway.cli.control_client import operate
from gateway.cli.options import ConfigOption, JsonOption
from gateway.cli.output import console, facts, heading, json_lines, moment, size, table


def reload(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Take over the configuration as it is now. A mistake keeps the running one, and the exit code is 1.

    The gateway reads and judges the configuration, so that the command's user needs no access to the keys.
    """
    said: list[str] = operate(config, "reload")
    done = said[-1].startswith("Reloaded")
    if json:
        json_lines([{"ok": done, "said": said}])
    for line in said if not json else ():
        typer.echo(line, err=not done)
    if not done:
        raise typer.Exit(1)


def purge(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Forget now what is older than its retention; the gateway does so daily."""
    counts: dict[str, int] = operate(config, "purge")
    if json:
        json_lines([counts])
    else:
        table(("What", "Removed"), counts.items(), "Nothing was old enough.")


def status(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Show processes, store and trouble. Exit code 1 if there is trouble."""
    found = operate(config, "status")
    trouble = _trouble(found)
    if json:
        json_lines([{**found, "trouble": trouble}])
    else:
        _print_status(found, trouble)
    if trouble:
        raise typer.Exit(1)


def _trouble(found: dict[str, Any]) -> list[str]:
    """Return the troubles that an administrator must know first, in sentences."""
    nobody = ["No gateway is running on this configuration."] if found["running"] is None else []
    return nobody + [one["sentence"] for one in found["conditions"]]


def _print_status(found: dict[str, Any], trouble: list[str]) -> None:
    for sentence in trouble:
        console.print(f"! {sentence}", style="bold red", markup=False)
    if not trouble:
        console.print("No trouble.")
    for note in found["notes"]:
        console.print(f"- {note}", markup=False)
    running = found["running"]
    if running:
        heading("Gateway")
        facts({"process": running["pid"], "configuration": running["config"]})
        heading("Listeners")
        table(
            ("Name", "Address", "Direction"),
            [(x["name"], x["address"], x["direction"]) for x in running["listeners"]],
            "",
        )
        heading("Processes")
        rows = [
            (
                *(p["name"], p.get("pid", "-"), p["restarts"], p.get("sessions", "-")),
                *(_bytes(p.get("bytes_in_flight")), _bytes(p["memory_bytes"])),
            )
            for p in running["processes"]
        ]
        table(("Name", "Process", "Restarts", "Sessions", "In flight", "Memory"), rows, "")
        heading("Services")
        states = [(s["name"], _state(s["up"]), _time(s["seconds"]), s["remark"]) for s in found["services"]]
        table(("Name", "State", "Mean answer", "Remark"), states, "None was asked yet.")
        heading("Messages since the start")
        table(("Listener", "Direction", "Action", "Messages"), [tuple(m.values()) for m in found["messages"]], "None.")
    heading("Store")
    facts(_figure(key, value) for key, value in found["store"].items())
    if found["journal"]:
        heading("Journal")
        facts(_figure(key, value) for key, value in found["journal"].items())


def _figure(key: str, value: Any) -> tuple[str, object]:
    """Return name and value with octets, times and switches in a readable form."""
    name = key.removesuffix("_bytes").removesuffix("_at").replace("_", " ")
    if isinstance(value, bool):
        return name, "yes" if value else "no"
    if key.endswith("_bytes"):
        return name, value and _bytes(value)
    return name, moment(value) if key.endswith("_at") and value else value


def _state(up: bool | None) -> str:
    return "off" if up is None else "up" if up else "DOWN"


def _time(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds * 1000:.0f} ms"


def _bytes(octets: int | None) -> str:
    return "-" if octets is None else size(octets)
