"""Independent mail readers, as judges of what a recipient's program shows: six of them, in Python, Node.js and Perl.

Each gives the leaves that it shows of a message: declared type, file name and decoded octets. Tests compare them with
the gateway's own reading; none of them is ever part of the product.
"""

from __future__ import annotations

import base64
import email
import email.header
import email.policy
import email.utils
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from email.message import Message as PythonMessage
from pathlib import Path
from types import TracebackType
from typing import Any, Self

HERE = Path(__file__).resolve().parent

#: Where npm puts the readers that are written for Node.js; outside of git.
NODE_FOLDER = HERE.parents[1] / "build/oracles"
INSTALL_SECONDS = 300


class NoReaders(RuntimeError):
    """The readers can't be had; the text says why."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """One part without parts, as a reader shows it."""

    type: str  # lower case, as declared or as the reader guesses
    name: str  # "" = none
    content: bytes = field(repr=False)  # decoded; text in UTF-8 where the reader decodes the charset too


#: Reader -> the leaves that it shows.
Shown = Mapping[str, Sequence[Leaf]]

#: Reader -> the names and addresses of `From:` as it shows them.
Authors = Mapping[str, Sequence[tuple[str, str]]]


class Readers:
    """The six readers; the outside ones run from `with` to its end."""

    def __enter__(self) -> Self:
        folder = installed()
        self._outside = [
            _Outside(["node", str(HERE / "readers.mjs"), str(folder)]),
            _Outside(["perl", str(HERE / "readers.pl")]),
        ]
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for reader in self._outside:
            reader.close()

    def read(self, raw: bytes) -> Shown:
        """The leaves that each reader shows of a message."""
        shown: dict[str, Sequence[Leaf]] = {name: _by_python(raw, policy) for name, policy in _POLICIES.items()}
        for answer in self._answers(raw):
            shown |= {name: [_from_json(*leaf) for leaf in leaves] for name, leaves in answer.items()}
        return shown

    def authors(self, raw: bytes) -> Authors:
        """The names and addresses of `From:` that each reader shows."""
        shown: dict[str, Sequence[tuple[str, str]]] = {name: _authors(raw, p) for name, p in _POLICIES.items()}
        for answer in self._answers(raw, "authors"):
            shown |= {name: [(one[0], one[1]) for one in people] for name, people in answer.items()}
        return shown

    def _answers(self, raw: bytes, wanted: str = "") -> Iterator[dict[str, Any]]:
        for reader in self._outside:
            reader.send(raw)
        for reader in self._outside:
            answer = reader.receive()
            yield answer[wanted] if wanted else {name: answer[name] for name in answer.keys() - {"authors", "errors"}}

    def read_all(self, mails: Sequence[bytes]) -> Iterator[Shown]:
        """The same for many, in order."""
        return map(self.read, mails)


def installed() -> Path:
    """The folder with the Node.js readers, installed by npm from the lock file where it is missing or another's."""
    stamp = NODE_FOLDER / ".made-from"
    lock = (HERE / "package-lock.json").read_text()
    if stamp.is_file() and stamp.read_text() == lock:
        return NODE_FOLDER
    npm = shutil.which("npm")
    if npm is None:
        raise NoReaders("npm, which installs two of the mail readers, is not there")
    NODE_FOLDER.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, NODE_FOLDER / name)
    command = [npm, "ci", "--silent", "--ignore-scripts"]
    done = subprocess.run(
        command, cwd=NODE_FOLDER, capture_output=True, text=True, check=False, timeout=INSTALL_SECONDS
    )
    if done.returncode:
        raise NoReaders(f"npm could not install the mail readers: {done.stderr.strip()}")
    stamp.write_text(lock)
    return NODE_FOLDER


class _Outside:
    """A program that reads messages one after another and answers each with a line of JSON."""

    def __init__(self, command: Sequence[str]) -> None:
        self._name = command[0]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def send(self, raw: bytes) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(len(raw).to_bytes(4, "big") + raw)
        self._process.stdin.flush()

    def receive(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise NoReaders(f"{self._name} ended with {self._process.wait()}: is what tools/setup.sh installs there?")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)
        assert self._process.stdout is not None
        self._process.stdout.close()


_POLICIES: Mapping[str, email.policy.Policy[Any]] = {
    "email (compat32)": email.policy.compat32,
    "email (default)": email.policy.default,
}


def _by_python(raw: bytes, policy: email.policy.Policy[Any]) -> list[Leaf]:
    """The leaves that Python's own `email` shows; a part that it can't decode is shown as it came."""
    message = _tried(lambda: email.message_from_bytes(raw, policy=policy))
    if message is None:
        return []
    return [_leaf(part) for part in message.walk() if not part.is_multipart()]


def _from_json(kind: str, name: str, content: str) -> Leaf:
    return Leaf(kind.lower(), name, base64.b64decode(content))


def _authors(raw: bytes, policy: email.policy.Policy[Any]) -> list[tuple[str, str]]:
    message = email.message_from_bytes(raw, policy=policy)
    fields = _tried(lambda: message.get_all("from")) or []
    if policy is email.policy.default:
        return [
            (one.display_name, one.addr_spec) for field in fields for one in _tried(lambda f=field: f.addresses) or ()
        ]
    pairs = _tried(lambda: email.utils.getaddresses([_octets_as_text(field) for field in fields])) or []
    return [(_without_encoding(name), address) for name, address in pairs]


def _octets_as_text(value: object) -> str:
    return str(value).encode("ascii", "surrogateescape").decode("utf-8", "replace")


def _without_encoding(text: str) -> str:
    return _tried(lambda: str(email.header.make_header(email.header.decode_header(text)))) or text


def _leaf(part: PythonMessage[Any, Any]) -> Leaf:
    name = _tried(part.get_filename) or ""
    kind = _tried(part.get_content_type) or ""
    content = _tried(lambda: part.get_payload(decode=True))
    return Leaf(kind.lower(), name, content if isinstance(content, bytes) else b"")


def _tried(ask: Callable[[], Any]) -> Any:
    """The answer, or None: `email` raises all sorts of errors on hostile headers, and then shows nothing."""
    try:
        return ask()
    except Exception:  # noqa: BLE001
        return None
