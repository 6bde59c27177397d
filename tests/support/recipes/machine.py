"""The recipes of docs/deploy as text, and the machine of a test on which they stand.

A page labels each block with its file, and `Page` gives the blocks of a file. `Machine` is the one place that changes
anything in their text: ports, addresses, folders, users and, as a test has no DNS, the names of servers.
"""

from __future__ import annotations

import pwd
import re
import shutil
import ssl
import subprocess
import tempfile
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Self

from tests.support.servers.gateway import Gateway
from tests.support.servers.ports import free_port, wait_until
from tests.support.servers.postfix import MAIL_USER, Postfix, program
from tests.support.servers.receiver import self_signed

PAGES = Path(__file__).resolve().parents[3] / "docs/deploy"

#: A paragraph that begins with a file in backticks and ends with a colon labels the block below it.
_LABELLED = re.compile(r"^`(?P<file>/[^`\n]+)`(?P<note>[^\n]*):\n\n```\w*\n(?P<text>.*?)^```$", re.M | re.S)


@dataclass(frozen=True, slots=True)
class Block:
    """One block of a page: its file, the rest of its label, and its text."""

    file: str
    note: str
    text: str


class Page:
    """A page of docs/deploy."""

    def __init__(self, name: str) -> None:
        self.path = PAGES / f"{name}.md"

    @cached_property
    def blocks(self) -> list[Block]:
        """Return the labelled blocks in their order."""
        found = _LABELLED.finditer(self.path.read_text("utf-8"))
        return [Block(one["file"], one["note"].strip(" ,"), one["text"]) for one in found]

    def text(self, file: str, *notes: str) -> str:
        """Return the blocks of a file with these notes, one after the other; "" is the note of a block without one."""
        texts = [
            block.text for note in notes or ("",) for block in self.blocks if (block.file, block.note) == (file, note)
        ]
        if len(texts) != len(notes or ("",)):
            raise LookupError(f"{self.path}: no block, or two, of {file} {notes}")
        return "".join(texts)


#: Networks and machines of the pages, by addresses that every machine has for itself.
ADDRESSES = {
    "127.0.0.0/8": "127.0.0.1/32",  # programs of this machine; 127.99.… is a stranger
    "10.0.0.0/8": "127.10.0.0/16",  # our own people
    "0.0.0.0": "127.0.0.1",
    "10.0.0.2": "127.0.0.1",  # the gateway
    "10.0.0.10": "127.0.0.1",  # the mail server
}
#: Clients in those networks, by the address that they connect from.
OUTSIDE, INSIDE = "127.99.0.7", "127.10.0.5"

#: Folders of the pages, which a test has below its own.
FOLDERS = ("/etc/postfix", "/etc/aliases", "/etc/mailwarden", "/etc/ssl/private", "/var/mail", "/var/lib/mailwarden")

#: Ports of the pages. Each gets a free one.
PORTS = ("24", "25", "587", "2525", "2526", "2587")

#: What a test's Postfix has besides the page's lines: its folders, loopback, and no DNS.
POSTFIX_HERE = """\
queue_directory = {root}/var/spool/postfix
data_directory = {root}/var/lib/postfix
mail_spool_directory = {root}/var/mail
maillog_file = {root}/log
maillog_file_prefixes = {root}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtp_dns_support_level = disabled
smtpd_peername_lookup = no
"""
#: What a test's Exim has besides the page's files: no DNS.
EXIM_HERE = "MAIN_HOST_LOOKUP =\n"
#: What a test's Dovecot has besides the page's files: a log in a file.
DOVECOT_HERE = "log_path = /var/log/dovecot\n"
#: The master.cf with which Debian's package begins.
DEBIAN_MASTER = Path("/usr/share/postfix/master.cf.dist")


@dataclass
class Machine:
    """`with Machine() as machine`: the machine that a page's text is for. Its folders are in `root`.

    `servers` are the ports of the servers that a page names.
    """

    servers: dict[str, int] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)  # of the page, and those that stand for them here

    def __post_init__(self) -> None:
        # Not pytest's own folder: mail servers' processes run under other users, who must be able to go through it.
        self.root = Path(tempfile.mkdtemp(prefix="mailwarden-recipe-"))
        self.root.chmod(0o755)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.root, ignore_errors=True)

    def port(self, number: int) -> int:
        """Return the port that stands for one of a page."""
        return self.ports.setdefault(str(number), free_port())

    def path(self, path: str) -> Path:
        """Return the file or folder that stands for one of a page; its folder is made."""
        found = self.root / path.lstrip("/")
        found.parent.mkdir(parents=True, exist_ok=True)
        return found

    def write(self, path: str, text: str) -> None:
        """Write a page's text into the file that stands for its own."""
        self.path(path).write_text(self.here(text))

    def certify(self, path: str) -> ssl.SSLContext:
        """Write a certificate for "localhost", and its key, into one file; a server's context with it."""
        file = self.path(path)
        server, _ = self_signed(file.parent)
        file.write_text((file.parent / "key.pem").read_text() + (file.parent / "certificate.pem").read_text())
        return server

    def here(self, text: str) -> str:
        """Return a page's text as this machine has it."""
        owner = pwd.getpwnam(MAIL_USER)
        text = re.sub("|".join(map(re.escape, self.servers)) or "(?!)", "localhost", self.inside(text))
        text = text.replace("uid_maps = static:5000", f"uid_maps = static:{owner.pw_uid}")
        text = text.replace("gid_maps = static:5000", f"gid_maps = static:{owner.pw_gid}")
        return re.sub(rf"(?<![\w.])(?:{'|'.join(FOLDERS)})(?![\w.])", lambda found: f"{self.root}{found[0]}", text)

    def inside(self, text: str) -> str:
        """Return a page's text for a program that has `root` as its /: ports and addresses alone are others."""
        for server, port in self.servers.items():
            text = re.sub(rf"({re.escape(server)}\]?::?)\d+", rf"\g<1>{port}", text)
        addresses = "|".join(map(re.escape, ADDRESSES))
        text = re.sub(rf"(?<![\w.])(?:{addresses})(?![\w.])", lambda found: ADDRESSES[found[0]], text)
        # Postfix names the ports of its own services in the first column.
        text = re.sub(r"^smtp(?= +inet)", "25", text, flags=re.M)
        text = re.sub(r"^submission(?= +inet)", "587", text, flags=re.M)
        return re.sub(rf"(?<![\w.])(?:{'|'.join(PORTS)})(?![\w.])", lambda found: str(self.port(int(found[0]))), text)


def recipe_gateway(machine: Machine, text: str, filters: str) -> Gateway:
    """Return a gateway with a page's gateway.yaml and a policy of the test's: one worker, no port for monitoring."""
    folder = machine.path("/etc/mailwarden")
    gateway = Gateway(folder, text=machine.here(text), filters=filters, workers=1, inbound=machine.port(2525))
    gateway.data_dir = machine.path("/var/lib/mailwarden")
    return gateway


def with_listener(text: str, listener: str) -> str:
    """Return a page's gateway.yaml with one more of its listeners behind the last one."""
    return text.replace("\ninclude:", f"{listener}\ninclude:")


@dataclass
class RecipePostfix(Postfix):
    """A Postfix with a page's main.cf, and its entries in place of those of Debian's master.cf.

    `mailboxes` get a maildir each. `aliases` and `virtual` are the site's own two tables.
    """

    machine: Machine = field(default_factory=Machine)
    main_cf: str = ""
    aliases: str = ""
    virtual: str = ""

    def __post_init__(self) -> None:
        self.folder = self.machine.root
        self.config = self.machine.path("/etc/postfix")
        self.queue = self.machine.path("/var/spool/postfix")
        self.log = self.machine.root / "log"
        self.maildirs = self.machine.path("/var/mail/virtual")

    def local_mailbox(self, user: str) -> bytes:
        """Return the file with the mail of a user of the machine."""
        file = self.machine.path("/var/mail") / user
        return file.read_bytes() if file.exists() else b""

    def wait_local(self, user: str, text: bytes, seconds: float = 30) -> None:
        """Wait until a user of the machine has mail with this text. Raises TimeoutError with the log."""
        wait_until(lambda: text in self.local_mailbox(user), lambda: self.said, seconds)

    def run_sendmail(self, sender: str, to: str, content: bytes) -> None:
        """Send a message by the sendmail command, as programs of the machine do."""
        command = [program("sendmail"), "-C", str(self.config), "-i", "-f", sender, to]
        subprocess.run(command, input=content.replace(b"\r\n", b"\n"), check=True, capture_output=True)

    def _write(self) -> None:
        for folder in (self.config, self.queue, self.machine.path("/var/lib/postfix")):
            folder.mkdir(parents=True, exist_ok=True)
        shutil.chown(self.machine.path("/var/lib/postfix"), "postfix", "postfix")
        if not self.maildirs.exists():  # else they are another program's
            self.maildirs.mkdir()
            shutil.chown(self.maildirs, MAIL_USER)
        self.machine.path("/var/mail").chmod(0o1777)
        self.machine.write("/etc/aliases", self.aliases)
        self.machine.write("/etc/postfix/virtual", self.virtual)
        self.machine.write("/etc/postfix/mailboxes", "".join(f"{address} {address}/\n" for address in self.mailboxes))
        main = self.machine.here(self.main_cf) + POSTFIX_HERE.format(root=self.machine.root)
        (self.config / "main.cf").write_text(main)
        master = replaced_entries(DEBIAN_MASTER.read_text(), self.master)
        (self.config / "master.cf").write_text(self.machine.here(master))
        table = f"hash:{self.machine.path('/etc/aliases')}"
        subprocess.run([program("postalias"), "-c", str(self.config), table], check=True)


def replaced_entries(master: str, ours: str) -> str:
    """Return a master.cf with our entries, which take the place of those of the same names, as a page says."""
    first = re.compile(r"^(\S+)\s+(inet|unix|unix-dgram|fifo|pass)\s", re.M)
    named = {found.groups() for found in first.finditer(ours)}
    kept, keep = [], True
    for line in master.splitlines():
        if found := first.match(line):
            keep = found.groups() not in named
        if keep or line.startswith("#"):
            kept.append(line)
    return "\n".join([*kept, ours])
