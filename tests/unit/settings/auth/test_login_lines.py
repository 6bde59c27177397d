"""The file of logins: each mistake with its line, and no hash in any sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.settings.auth import login_lines as module
from gateway.settings.auth.login_lines import read_logins
from gateway.settings.yaml.problems import ConfigurationError

HASH = "$argon2id$v=19$m=65536,t=3,p=4$EZ18tQ9H4rJURY1y3Xo+Zw$q/SHbF7M2aakCKj2vb/4HJbIFkZSeegHjt3m6BVnVhU"


def written(folder: Path, text: str | bytes) -> Path:
    file = folder / "users.txt"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def test_logins_are_read(tmp_path: Path) -> None:
    """In lower case; comments, empty lines and line ends of Windows are passed over."""
    file = written(tmp_path, f"# ours\r\n\r\nAnn@Example.com:{HASH}\r\n  bob:{HASH}  \n")
    assert read_logins(file) == {"ann@example.com": HASH, "bob": HASH}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "users.txt: there is no login in it: `mailwarden password LOGIN` prints a line for this file"),
        ("# none\n", "users.txt: there is no login in it"),
        (f"ann:{HASH}\n{HASH}\n", "users.txt:2: a line is a login, a colon and a hash"),
        (f"ann:{HASH}\nANN:{HASH}", "users.txt:2: line 1 has the login ANN too"),
        (f"ann archer:{HASH}", "users.txt:1: a login has no blank and no colon"),
        (f"ann:x:{HASH}", "users.txt:1: a login has no blank and no colon"),
        (f"{'a' * 256}:{HASH}", "users.txt:1: a login has at most 255 octets"),
        ("ann:secret", "users.txt:1: only hashes that begin with $argon2id$v=19$ are taken"),
        ("ann", "users.txt:1: a line is a login, a colon and a hash"),
        ("ann:$2b$12$abcdefghijklmnopqrstuv", "users.txt:1: only hashes that begin with $argon2id$"),
        (f"ann:{HASH.replace('argon2id', 'argon2i')}", "users.txt:1: only hashes that begin with $argon2id$"),
        (f"ann:{HASH[:-30]}", "users.txt:1: only hashes that begin with $argon2id$"),
        (f"ann:{HASH.replace('65536', '1048577')}", "users.txt:1: the hash takes too long to check"),
        (f"ann:{HASH.replace('t=3', 't=33')}", "users.txt:1: the hash takes too long to check"),
        (f"ann:{HASH.replace('p=4', 'p=65')}", "users.txt:1: the hash takes too long to check"),
        (f"ann:{HASH.replace('65536', '31')}", "users.txt:1: the hash is damaged"),
        (f"ann:{HASH.replace('t=3', 't=0')}", "users.txt:1: the hash is damaged"),
        (f"ann:{HASH.replace('p=4', 'p=0')}", "users.txt:1: the hash is damaged"),
        (f"ann:{HASH[:-1]}", "users.txt:1: the hash is damaged"),
        (f"ann:{HASH[:-2]}", "users.txt:1: the hash is damaged"),
        (b"ann:x\n\xff\n", "users.txt:2: not UTF-8"),
    ],
)
def test_a_mistake_has_its_line(tmp_path: Path, text: str | bytes, said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_logins(written(tmp_path, text))
    assert said in str(caught.value)
    assert "EZ18tQ9H4rJURY1y3Xo" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_file_that_is_too_large_or_away_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_FILE_BYTES", 10)
    with pytest.raises(ConfigurationError, match="is larger than 10 bytes"):
        read_logins(written(tmp_path, f"ann:{HASH}"))
    with pytest.raises(ConfigurationError, match="can't be read: No such file"):
        read_logins(tmp_path / "none")
