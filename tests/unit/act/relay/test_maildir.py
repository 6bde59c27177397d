"""Delivery into a maildir."""

from __future__ import annotations

import errno
import multiprocessing
import os
from pathlib import Path

import pytest

from gateway.act.relay import maildir
from gateway.smtp.reply import Reply


def names(path: Path) -> list[str]:
    return sorted(file.name for file in path.iterdir())


def test_the_octets_arrive_as_they_are(tmp_path: Path) -> None:
    """No line is added, none changed."""
    maildir.store(tmp_path / "mail", (b"Received: x\r\n", b"", b".a\nb\0\xff"))
    (file,) = (tmp_path / "mail" / "new").iterdir()
    assert file.read_bytes() == b"Received: x\r\n.a\nb\0\xff"
    assert names(tmp_path / "mail" / "tmp") == []


def test_the_folders_are_made_for_the_owner_alone(tmp_path: Path) -> None:
    """The folders above them are private too, and so is the message."""
    maildir.store(tmp_path / "var" / "mail", (b"x",))
    assert names(tmp_path / "var" / "mail") == ["cur", "new", "tmp"]
    folders = [tmp_path / "var", tmp_path / "var" / "mail", tmp_path / "var" / "mail" / "new"]
    assert {folder.stat().st_mode & 0o777 for folder in folders} == {0o700}
    (file,) = (tmp_path / "var" / "mail" / "new").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600


def test_what_is_there_stays(tmp_path: Path) -> None:
    """An existing maildir keeps its messages."""
    for folder in ("tmp", "new", "cur"):
        (tmp_path / folder).mkdir()
    (tmp_path / "new" / "old").write_bytes(b"old")
    maildir.store(tmp_path, (b"new",))
    assert len(names(tmp_path / "new")) == 2
    assert (tmp_path / "new" / "old").read_bytes() == b"old"


def test_the_message_is_on_disk_before_it_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """File, then name, then folder: after a crash `new/` holds whole messages only."""
    maildir.store(tmp_path, (b"first",))  # the folders are there
    events: list[str] = []
    real_sync, real_rename = os.fsync, Path.rename

    def sync(descriptor: int) -> None:
        events.append(f"sync {Path(os.readlink(f'/proc/self/fd/{descriptor}')).parent.name}")
        real_sync(descriptor)

    def rename(path: Path, target: Path) -> Path:
        events.append(f"rename to {target.parent.name}")
        return real_rename(path, target)

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(Path, "rename", rename)
    maildir.store(tmp_path, (b"second",))
    assert events == ["sync tmp", "rename to new", f"sync {tmp_path.name}"]


def test_a_failure_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A message that wasn't written whole isn't delivered, and its piece is taken away."""

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    maildir.store(tmp_path, (b"first",))
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        maildir.store(tmp_path, (b"second",))
    assert (names(tmp_path / "tmp"), len(names(tmp_path / "new"))) == ([], 1)


@pytest.mark.parametrize(
    ("number", "reply"),
    [
        (errno.ENOSPC, maildir.NO_ROOM),
        (errno.EDQUOT, maildir.NO_ROOM),
        (errno.EACCES, maildir.NOT_STORED),
        (errno.EIO, maildir.NOT_STORED),
    ],
)
def test_trouble_is_temporary(number: int, reply: Reply) -> None:
    """A full disk and a closed folder are the administrator's business: the client keeps the message."""
    assert maildir.refusal(OSError(number, "x")) == reply
    assert reply.temporary


def _store_many(path: Path, count: int) -> None:
    for number in range(count):
        maildir.store(path, (b"%d %d" % (os.getpid(), number),))


def test_processes_do_not_overwrite_each_other(tmp_path: Path) -> None:
    """Several workers deliver into one maildir: every message has its own name."""
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_store_many, args=(tmp_path, 50)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    contents = {file.read_bytes() for file in (tmp_path / "new").iterdir()}
    assert len(contents) == 150


def test_names_are_fit_for_a_maildir(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unique, and without the characters that mean something in one."""
    monkeypatch.setattr("socket.gethostname", lambda: "a/b:c")
    made = {maildir.unique_name() for _ in range(1000)}
    assert len(made) == 1000
    assert all(name.endswith(".a_b_c") and not set("/:,") & set(name) for name in made)
