"""`make run`: the gateway in the foreground, with a clamd.

The configuration is `config/gateway.yaml`, or the one that MAILWARDEN_CONFIG names, as for `mailwarden`.
The clamd that answers at the configured address is used, else one is started. At the end all started processes are
ended, the gateway first, so that the scans of mail in flight are answered. Other processes are left alone.
"""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

import own_clamd
from clamd_address import answers, on_this_machine, shown
from configuration_file import configuration_file
from own_clamd import ClamdTrouble

from filters.registry import FILTERS
from filters.virus.settings import VirusSettings
from gateway.services.clamd_session import Address, parse_address
from gateway.settings.loading import load
from gateway.settings.models import Settings
from gateway.settings.yaml.problems import ConfigurationError

MAILWARDEN = Path(sys.executable).with_name("mailwarden")  # from the same virtual environment
LOOK_SECONDS = 0.2  # interval in which the end of a process, or a signal, is noticed

AGAIN = "End this with Ctrl-C, which drains the gateway, and start `make run` again."

NO_SIGNATURES = """\
*******************************************************************************
*                                                                             *
*   NO VIRUS SIGNATURES: THIS CLAMD PROTECTS NOBODY.                          *
*                                                                             *
*   ClamAV's signatures could not be downloaded. A small set made by this     *
*   project stands in: it knows the EICAR test file and harmless patterns     *
*   of our own, and not one real virus. Never send real mail through it.      *
*   To try the download again: rm {tried}
*                                                                             *
*******************************************************************************"""


class Stop:
    """Count of requests to end: the first drains the gateway, the second kills it."""

    def __init__(self) -> None:
        self.asked = 0
        signal.signal(signal.SIGINT, self._ask)
        signal.signal(signal.SIGTERM, self._ask)

    def _ask(self, _signal: int, _frame: FrameType | None) -> None:
        self.asked += 1


def say(text: str) -> None:
    """Print a line of ours, flushed, since the gateway's own lines follow on the same terminal."""
    print(text, flush=True)


def scanner(settings: Settings) -> tuple[Address, int] | None:
    """Return clamd's configured address, and the octets that it must accept; None if no filter asks it."""
    for entry in settings.filters:
        if isinstance(entry.settings, VirusSettings) and entry.mode != "off":
            largest_bytes = max(settings.limits.message_bytes, entry.settings.max_stream_bytes)
            return parse_address(entry.settings.clamd), largest_bytes
    return None


def clamd_of_ours(data_dir: Path, address: Address, largest_bytes: int) -> subprocess.Popen[bytes] | None:
    """Return a clamd started here that answers at the address.

    Return None if one answers already, or if the address is on another machine.
    """
    if answers(address):
        say(f"Using the clamd that answers at {shown(address)}.")
        return None
    if not on_this_machine(address):
        say(f"No clamd answers at {shown(address)}, another machine: mail waits (451) until one does.")
        return None
    folder = own_clamd.own_folder(data_dir)
    database, real = own_clamd.choose_database(folder, say)
    if not real:
        say(NO_SIGNATURES.format(tried=(str(folder / "freshclam-tried") + " ").ljust(44) + "*"))
    clamd = own_clamd.start(address, folder, database, largest_bytes)
    say(f"Started clamd (pid {clamd.pid}); it is loading its signatures …")
    try:
        own_clamd.wait_until_ready(clamd, address, folder)
    except BaseException:
        own_clamd.end(clamd)
        raise
    say(f"clamd answers at {shown(address)}; its log is {folder / 'clamd.log'}.")
    return clamd


def serve(config: Path) -> subprocess.Popen[bytes]:
    """Start the gateway, in a session of its own, so that Ctrl-C reaches it once, through us."""
    return own_clamd.start_child([str(MAILWARDEN), "serve", "--config", str(config)], None)


def watch(gateway: subprocess.Popen[bytes], clamd: subprocess.Popen[bytes] | None, stop: Stop) -> int:
    """Wait for the end of the gateway, and return its exit status.

    Requests to end are passed on to it, and the death of clamd is reported.
    """
    passed_on = 0
    reported = False
    while gateway.poll() is None:
        if stop.asked > passed_on:
            passed_on = stop.asked
            gateway.send_signal(signal.SIGTERM if passed_on == 1 else signal.SIGKILL)
        if clamd is not None and clamd.poll() is not None and not reported:
            say(f"clamd ended (status {clamd.returncode}): mail waits (451) until one answers. {AGAIN}")
            reported = True
        time.sleep(LOOK_SECONDS)
    return 0 if passed_on == 1 else gateway.returncode


def main() -> int:
    parser = argparse.ArgumentParser(description="Starts the gateway, and clamd where none answers.")
    parser.add_argument("--config", type=Path, default=configuration_file())
    config: Path = parser.parse_args().config
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # like Ctrl-C, which ends the preparations at once
    clamd: subprocess.Popen[bytes] | None = None
    try:
        settings = load(config, FILTERS)
        wanted = scanner(settings)
        clamd = clamd_of_ours(settings.data_dir, *wanted) if wanted else None
        stop = Stop()
        say("Starting the gateway. In another terminal: `make sample`. Ctrl-C ends all that was started here.")
        return watch(serve(config), clamd, stop)
    except ConfigurationError as error:
        say(str(error))
        return 1
    except ClamdTrouble as trouble:
        say(f"mailwarden: {trouble}")
        return 1
    except KeyboardInterrupt:
        return 0
    finally:
        if clamd is not None:
            own_clamd.end(clamd)


if __name__ == "__main__":
    sys.exit(main())
