"""Logins in a file of hashes. The hashes here are cheap ones: the length of a check isn't what is tested."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from gateway.logins import login_file as module
from gateway.logins.login_file import LoginFile
from gateway.logins.trouble import LoginsUnavailable

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
HOST = "192.0.2.1"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "users.txt"
    path.write_text(f"# ours\nAnn@example.com:{CHEAP.hash('secret')}\nbob:{CHEAP.hash('pässword')}\n")
    return path


@pytest.mark.parametrize(
    ("login", "password", "found"),
    [
        ("ann@example.com", "secret", "ann@example.com"),
        ("ANN@Example.com", "secret", "ann@example.com"),
        ("bob", "pässword", "bob"),
        ("ann@example.com", "Secret", None),
        ("ann@example.com", "secret\n", None),
        ("bob", "secret", None),
        ("nobody", "secret", None),
    ],
)
async def test_a_login_is_checked(file: Path, login: str, password: str, found: str | None) -> None:
    """In any case of letters; the password as it is."""
    assert await LoginFile(file).verify(login, password, HOST) == found


async def test_an_unknown_login_costs_a_check_too(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hash of the file stands in, and its own password lets nobody in. The check runs in a thread."""
    checked: list[tuple[bytes, threading.Thread]] = []
    real = module.verify_secret

    def noted(hash: bytes, secret: bytes, type: object) -> bool:
        checked.append((secret, threading.current_thread()))
        return real(hash, secret, module.Type.ID)

    monkeypatch.setattr(module, "verify_secret", noted)
    logins = LoginFile(file)
    for password in ("secret", "pässword"):
        assert await logins.verify("nobody", password, HOST) is None
    assert [secret for secret, _ in checked] == [b"secret", "pässword".encode()]
    assert threading.current_thread() not in [thread for _, thread in checked]


async def test_checks_yield_to_mail(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A flood of guesses takes the time that sessions leave over."""
    nice: list[int] = []

    def noted(*_: object) -> bool:
        nice.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
        return True

    monkeypatch.setattr(module, "verify_secret", noted)
    before = os.getpriority(os.PRIO_PROCESS, 0)
    await LoginFile(file).verify("bob", "secret", HOST)
    assert nice == [min(before + module.NICE, 19)]
    assert os.getpriority(os.PRIO_PROCESS, 0) == before


async def test_a_broken_file_is_read_once(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A large one takes a second, and a client may ask at any time. A file made readable counts at once."""
    reads: list[Path] = []
    real = module.read_logins

    def noted(path: Path) -> dict[str, str]:
        reads.append(path)
        return real(path)

    monkeypatch.setattr(module, "read_logins", noted)
    good = file.read_text()
    file.write_text("bob:secret\n")
    logins = LoginFile(file)
    for _ in range(3):
        with pytest.raises(LoginsUnavailable, match="argon2id"):
            await logins.verify("bob", "pässword", HOST)
    assert len(reads) == 1
    file.write_text(good)
    assert await logins.verify("bob", "pässword", HOST) == "bob"


async def test_a_change_that_keeps_size_and_time_counts(file: Path) -> None:
    """As with `cp --preserve` of another hash."""
    logins = LoginFile(file)
    assert await logins.verify("bob", "pässword", HOST) == "bob"
    found = file.stat()
    file.write_text(file.read_text().replace("bob:", "rob:"))
    os.utime(file, ns=(found.st_atime_ns, found.st_mtime_ns))
    assert await logins.verify("bob", "pässword", HOST) is None


async def test_a_changed_file_counts_at_once(file: Path) -> None:
    """A person who has left is out with the next login; nothing needs a reload."""
    logins = LoginFile(file)
    assert await logins.verify("bob", "pässword", HOST) == "bob"
    new = file.with_suffix(".new")
    new.write_text(f"carl:{CHEAP.hash('secret')}\n")
    os.replace(new, file)
    assert await logins.verify("bob", "pässword", HOST) is None
    assert await logins.verify("carl", "secret", HOST) == "carl"


@pytest.mark.parametrize(
    ("text", "said"), [("", "there is no login in it"), ("bob:secret\n", "argon2id"), (None, "can't be read")]
)
async def test_a_broken_file_lets_nobody_in(file: Path, text: str | None, said: str) -> None:
    """Even those whom the file before had: the client is told to try again."""
    logins = LoginFile(file)
    assert await logins.verify("bob", "pässword", HOST) == "bob"
    if text is None:
        file.unlink()
    else:
        file.write_text(text)
    with pytest.raises(LoginsUnavailable, match=said):
        await logins.verify("bob", "pässword", HOST)
