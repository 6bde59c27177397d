"""`make bench-desk-script`: sixty held messages cleared on the screen in tmux, and by commands; writes DESK_SCRIPT.md.

A real gateway with a real clamd takes the messages by SMTP. From a cold start the script finds the five that matter,
reads them, releases 30 (one of them to one recipient of two), deletes 20, hands 5 over and restores 1. It counts the
keys that a person would press, the seconds that the person waits, and the processor time of the reviewer's process and
of the gateway. Run by hand: a figure is never a test. It needs Debian's package tmux.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import os
import platform
import resource
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from gateway.cli.reading import SHORT_ID
from tests.support.servers.clamd import EICAR, Clamd
from tests.support.servers.gateway import PROJECT, Gateway, command, send

RESULTS = Path(__file__).with_name("DESK_SCRIPT.md")
BOB, ANN = "bob@example.co.uk", "ann@example.co.uk"
PROGRAM = b"MZ" + bytes(58) + b"\x80\0\0\0" + bytes(64) + b"PE\0\0\x4c\x01" + bytes(400)
FILTERS = """\
filters:
  - virus: {{clamd: '{clamd}'}}
  - attachments: {{}}
  - structure
  - payment_change
"""
#: Seconds after which the screen should have shown something.
PATIENCE_SECONDS = 60.0
STEP_SECONDS = 0.02
#: Seconds between a question and the first key, which aren't counted as waiting.
PAUSE_SECONDS = 1.0
#: For the estimate of a person's time: keys a second, and seconds to read a message that matters, or to look at a list.
KEYS_A_SECOND = 3.0
READ_SECONDS = 20.0
LOOK_SECONDS = 5.0


# --- the messages ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Letter:
    subject: str
    sender: str
    text: str
    file: tuple[str, bytes] | None = None
    recipients: tuple[str, ...] = (BOB,)
    raw: bytes | None = None

    def content(self) -> bytes:
        if self.raw is not None:
            return self.raw
        message = EmailMessage()
        message["From"] = f"{self.sender.split('@')[0].title()} <{self.sender}>"
        message["To"] = ", ".join(self.recipients)
        message["Subject"] = self.subject
        message["Message-ID"] = f"<{self.subject.replace(' ', '.')}@{self.sender.split('@')[1]}>"
        message.set_content(self.text)
        if self.file:
            name, octets = self.file
            message.add_attachment(octets, maintype="application", subtype="octet-stream", filename=name)
        return message.as_bytes().replace(b"\n", b"\r\n")


def letters() -> list[Letter]:
    """Return sixty messages: 5 that matter, 30 to release, 20 to delete, 5 for somebody else."""
    matter = [
        Letter(
            f"New bank details {number}",
            f"ap@supplier{number}.example",
            "Our bank details have changed. Please pay all invoices to our new bank account from now on.\n"
            f"IBAN: {iban}\n",
        )
        for number, iban in enumerate(
            (
                "DE89370400440532013000",
                "FR1420041010050500013M02606",
                "GB82WEST12345698765432",
                "BE68539007547034",
                "NL91ABNA0417164300",
            ),
            1,
        )
    ]
    files = (("setup.exe", PROGRAM), ("driver.msi", PROGRAM), ("tool.js", b"WScript.Echo(1)"))
    release = [
        Letter(f"Driver update {number}", f"support@partner{number % 3}.example", "As ordered.\n", files[number % 3])
        for number in range(29)
    ]
    for_two = Letter("Room software", "support@partner0.example", "As ordered.\n", files[0], recipients=(BOB, ANN))
    baits = (
        ("prize.lnk", b"L\0\0\0\x01\x14\x02\0" + bytes(60)),
        ("prize.iso", bytes(32769) + b"CD001" + bytes(100)),
        ("prize.zip", _zip("prize.vbs", b"MsgBox 1")),
        ("prize.com", EICAR),
    )
    delete = [
        Letter(
            f"You won prize {number}", f"win@lottery{number % 4}.example", "Open it to claim it.\n", baits[number % 4]
        )
        for number in range(20)
    ]
    broken = ("contract.zip", b"PK\x03\x04broken")
    other = [Letter(f"Contract {number}", "legal@chambers.example", "As agreed.\n", broken) for number in range(4)]
    return [*matter, *release, for_two, *delete, *other, Letter("", "legal@chambers.example", "", raw=_AMBIGUOUS)]


def _zip(name: str, content: bytes) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as entries:
        entries.writestr(name, content)
    return archive.getvalue()


#: A message with two types: mail programs show it in one way or the other.
_AMBIGUOUS = (
    f"From: Legal <legal@chambers.example>\r\nTo: {BOB}\r\nSubject: Contract 4\r\nMessage-ID: <c4@chambers.example>\r\n"
    "MIME-Version: 1.0\r\nContent-Type: text/plain\r\nContent-Type: text/html\r\n\r\nAs agreed.\r\n"
).encode()


async def fill(gateway: Gateway) -> None:
    for letter in letters():
        reply = await send(gateway.inbound, letter.sender, list(letter.recipients), letter.content())
        assert reply.startswith("250"), (letter.subject, reply)


# --- what is counted -------------------------------------------------------------------------------------------------


@dataclass
class Tally:
    """Keys, seconds and processor time of one way to clear the desk."""

    keys: int = 0
    read: int = 0  # messages that were read
    looked: int = 0  # lists and questions that a person looks at
    seconds: float = 0.0
    reviewer: float = 0.0  # processor time of the reviewer's process, or of all commands
    gateway: float = 0.0
    steps: list[tuple[str, int, float]] = field(default_factory=list)

    def step(self, what: str, keys: int, seconds: float) -> None:
        self.steps.append((what, keys - sum(k for _, k, _ in self.steps), seconds))

    @property
    def minutes(self) -> float:
        """The time of a person: keys, waiting, reading and looking."""
        return (self.keys / KEYS_A_SECOND + self.seconds + self.read * READ_SECONDS + self.looked * LOOK_SECONDS) / 60


def used_by(gateway: Gateway) -> float:
    """Return the processor time of the gateway's processes so far, those of its sandboxes too, in seconds."""
    assert gateway.process is not None
    pids = [gateway.process.pid, *gateway.children(), *gateway.cells()]
    return sum(_used(pid) for pid in pids)


def _used(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# --- the screen ------------------------------------------------------------------------------------------------------


class Screen:
    """A terminal of 80 columns and 24 lines in tmux, in which the reviewers' screen runs."""

    def __init__(self, config: Path, folder: Path) -> None:
        self._socket = folder / "tmux"
        self._used = folder / "used"
        self.keys = 0
        self.paused = 0.0
        child = [sys.executable, str(Path(__file__).resolve()), "--child", str(self._used), str(config)]
        self._tmux(
            "-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "24", "-c", str(PROJECT), shlex.join(child)
        )

    def _tmux(self, *words: str) -> str:
        done = subprocess.run(["tmux", "-S", str(self._socket), *words], capture_output=True, text=True, check=True)
        return done.stdout

    def shown(self) -> str:
        return self._tmux("capture-pane", "-p")

    def press(self, *keys: str) -> None:
        """Press keys, each by tmux's name for it."""
        self.keys += len(keys)
        self._tmux("send-keys", *keys)

    def type(self, text: str) -> None:
        self.keys += len(text)
        self._tmux("send-keys", "-l", text)

    def until(self, what: str | Callable[[str], bool]) -> None:
        """Wait until the terminal shows a text."""
        ends = time.monotonic() + PATIENCE_SECONDS
        true = what if callable(what) else lambda shown: what in shown
        while not true(self.shown()):
            if time.monotonic() > ends:
                raise TimeoutError(f"the screen doesn't show {what!r}:\n{self.shown()}")
            time.sleep(STEP_SECONDS)

    def until_asked(self, question: str) -> None:
        """Wait for a question, and as long as a person takes to see it: what is typed before is for the list."""
        self.until(question)
        time.sleep(PAUSE_SECONDS)
        self.paused += PAUSE_SECONDS

    def filter(self, typed: str, found: int) -> None:
        """Show the messages of a filter; the one before is taken out of the line first."""
        self.press("/")
        self.until_asked("Show which messages?")
        self.press("C-u")
        self.type(typed)
        self.press("Enter")
        self.until(f" {found} held: ")

    def close(self) -> float:
        """Quit, and return the processor time of the screen's process."""
        self.press("q")
        ends = time.monotonic() + PATIENCE_SECONDS
        while not self._used.exists() and time.monotonic() < ends:
            time.sleep(STEP_SECONDS)
        return float(self._used.read_text())


def on_screen(gateway: Gateway, folder: Path) -> Tally:
    """Clear the desk on the screen."""
    tally, before, began = Tally(), used_by(gateway), time.monotonic()
    screen = Screen(gateway.config, folder)

    def step(what: str, *, looked: int = 1, read: int = 0) -> None:
        tally.step(what, screen.keys, time.monotonic() - began - screen.paused)
        tally.looked += looked
        tally.read += read

    def decide(key: str, question: str, reason: str, done: str) -> None:
        screen.press(key)
        screen.until_asked(question)
        screen.type(reason)
        screen.press("Enter")
        screen.until(done)

    screen.until("60 held")
    step("cold start: the list is there")
    screen.filter("code:payment_change.*", 5)
    step("find the five that matter")
    for number in range(1, 6):
        screen.press("Enter" if number == 1 else "n")
        screen.until(f"{number} of 5")
    screen.press("Escape")
    screen.until("Age Way")
    step("read them", looked=0, read=5)
    screen.filter("room software", 1)
    screen.press("t")
    screen.until_asked("which recipients")
    screen.type("1")
    decide("Enter", "alone", "1", "1 of 1 released")
    step("release one to one recipient of two", looked=2)
    screen.filter("driver update", 29)
    screen.press("*")
    decide("r", "Release 29 messages", "1", "29 of 29 released")
    step("release 29", looked=2)
    screen.filter("prize", 20)
    decide("d", "Delete", "5", "1 of 1 deleted")
    screen.press("u")
    screen.until("1 of 1 held again")
    step("delete one by mistake, restore it", looked=2)
    screen.press("*")
    decide("d", "Delete 20 messages", "5", "20 of 20 deleted")
    step("delete 20")
    screen.filter("contract", 5)
    screen.press("*")
    decide("h", "to whom?", "carol: please look", "5 of 5 assigned")
    step("hand 5 over")
    tally.reviewer = screen.close()
    return _ended(tally, gateway, before, began + screen.paused, screen.keys)


# --- commands --------------------------------------------------------------------------------------------------------


def by_commands(gateway: Gateway) -> Tally:
    """Clear the desk by commands alone. Ids are typed as `list` shows them, and no path of a configuration is."""
    tally, before, began = Tally(), used_by(gateway), time.monotonic()
    used, keys = resource.getrusage(resource.RUSAGE_CHILDREN), 0
    rows = gateway.held()
    ids = {row["subject"]: row["id"][:SHORT_ID] for row in rows}

    def run(typed: str) -> None:
        nonlocal keys
        keys += len(f"mailwarden quarantine {typed}") + 1
        words = [*command(), "quarantine", *shlex.split(typed), "--config", str(gateway.config)]
        done = subprocess.run(words, capture_output=True, text=True, cwd=PROJECT, check=False)
        if done.returncode:
            raise RuntimeError(f"{typed}: {done.stdout}{done.stderr}")

    def step(what: str, *, looked: int = 1, read: int = 0) -> None:
        tally.step(what, keys, time.monotonic() - began)
        tally.looked += looked
        tally.read += read

    run('list --code "payment_change.*"')
    step("find the five that matter, from a cold start")
    for number in range(1, 6):
        run(f"read {ids[f'New bank details {number}']}")
    step("read them", looked=0, read=5)
    run(f"release {ids['Room software']} --recipient {BOB} --reason expected")
    step("release one to one recipient of two")
    run('release --subject "driver update" --count 29 --reason expected')
    step("release 29", looked=2)
    run(f"delete {ids['You won prize 0']} --reason spam")
    run(f"restore {ids['You won prize 0']} --reason slip")
    step("delete one by mistake, restore it", looked=2)
    run("delete --subject prize --count 20 --reason spam")
    step("delete 20")
    run('assign --subject contract --count 5 --whom carol --note "please look"')
    step("hand 5 over")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    tally.reviewer = after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime
    return _ended(tally, gateway, before, began, keys)


def _ended(tally: Tally, gateway: Gateway, before: float, began: float, keys: int) -> Tally:
    tally.seconds, tally.keys = time.monotonic() - began, keys
    tally.gateway = used_by(gateway) - before
    check(gateway)
    return tally


def check(gateway: Gateway) -> None:
    """Check that the desk is cleared as it should be. Raises AssertionError."""
    held = gateway.held()
    assert sorted(row["subject"].rstrip(" 0123456789") for row in held) == [
        *["Contract"] * 5,
        *["New bank details"] * 5,
        "Room software",
    ], [row["subject"] for row in held]
    assert {row["assigned_to"] for row in held if "Contract" in row["subject"]} == {"carol"}
    assert len(gateway.ask("quarantine.list", state="deleted")) == 20
    assert len(list((gateway.data_dir / "delivered" / "new").iterdir())) >= 30


# --- the page --------------------------------------------------------------------------------------------------------

HEAD = """# Sixty held messages, cleared

Written by `make bench-desk-script` on {date}: Python {python}, {machine}, {cores} cores, SQLite, clamd with a small
database. The gateway has just started, and so has the reviewer. *Waiting* is what the reviewer waits for, a start of
tmux or Python included; the second that the script lets pass before it answers a question isn't counted. *A person* is
an estimate: {keys:.0f} keys a second, {read:.0f} s to read each of the five messages, {look:.0f} s to look at each list
and question, and the waiting.

| | keys | waiting, s | processor time of the reviewer's processes, s | ... of the gateway, s | a person, minutes |
|---|---|---|---|---|---|
"""


def page(tallies: dict[str, Tally]) -> str:
    text = HEAD.format(
        date=f"{datetime.now(UTC):%Y-%m-%d}",
        python=platform.python_version(),
        machine=platform.machine(),
        cores=os.cpu_count(),
        keys=KEYS_A_SECOND,
        read=READ_SECONDS,
        look=LOOK_SECONDS,
    )
    for name, t in tallies.items():
        text += f"| {name} | {t.keys} | {t.seconds:.1f} | {t.reviewer:.1f} | {t.gateway:.1f} | {t.minutes:.1f} |\n"
    for name, t in tallies.items():
        text += f"\n{name[0].upper()}{name[1:]}, step by step:\n\n"
        text += "| step | keys | seconds since the start |\n|---|---|---|\n"
        text += "".join(f"| {what} | {keys} | {seconds:.1f} |\n" for what, keys, seconds in t.steps)
    return text


def cleared(way: Callable[[Gateway, Path], Tally]) -> Tally:
    """Fill a new gateway's quarantine, start the gateway anew, and clear the desk."""
    with tempfile.TemporaryDirectory(prefix="mailwarden-desk-") as folder, Clamd() as clamd:
        more = "reviewers: {carol: [reviewer]}\n"
        gateway = Gateway(
            Path(folder) / "gateway", filters=FILTERS.format(clamd=clamd.address), more=more, command=command()
        )
        with gateway:
            asyncio.run(fill(gateway))
        with gateway:
            return way(gateway, Path(folder))


def child(used: Path, config: Path) -> None:
    """Run the screen, and write its processor time."""
    subprocess.run([*command(), "quarantine", "review", "--config", str(config)], check=True)
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    beside = used.with_suffix(".new")
    beside.write_text(str(usage.ru_utime + usage.ru_stime))
    beside.replace(used)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", action="store_true", help="print the page only, leave DESK_SCRIPT.md alone")
    parser.add_argument("--child", nargs=2, type=Path, metavar=("USED", "CONFIG"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        child(*given.child)
        return
    if shutil.which("tmux") is None:
        sys.exit("tmux is missing: apt-get install tmux")
    text = page({"the screen": cleared(on_screen), "commands": cleared(lambda gateway, _: by_commands(gateway))})
    print(text)
    if not given.keep:
        RESULTS.write_text(text)


if __name__ == "__main__":
    main()
