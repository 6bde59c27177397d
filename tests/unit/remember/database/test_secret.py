"""The secret beside the store: made once, private to its owner, with a key for each purpose."""

from __future__ import annotations

import asyncio

import pytest

from gateway.remember.database.errors import StoreUnavailable
from gateway.remember.database.secret import NAME, SECRET_BYTES, has_secret, key_for, read_secret

SECRET = bytes(range(32))


def test_the_secret_is_made_once(tmp_path):
    """The file is open to its owner alone, and nothing else is left beside it."""
    assert not has_secret(tmp_path)
    secret = read_secret(tmp_path)
    assert (len(secret), read_secret(tmp_path)) == (SECRET_BYTES, secret)
    assert [path.name for path in tmp_path.iterdir()] == [NAME]
    assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o600


async def test_processes_that_start_together_have_one_secret(tmp_path):
    """The first that is linked stays."""
    secrets = await asyncio.gather(*(asyncio.to_thread(read_secret, tmp_path) for _ in range(16)))
    assert len(set(secrets)) == 1


@pytest.mark.parametrize("length", [0, SECRET_BYTES - 1, SECRET_BYTES + 1])
def test_a_damaged_secret_is_refused(tmp_path, length):
    """Another key would make strangers of all: it is restored by a person, never made anew in silence."""
    (tmp_path / NAME).write_bytes(bytes(length))
    with pytest.raises(StoreUnavailable, match="restore it"):
        read_secret(tmp_path)


@pytest.mark.parametrize("mode", [0o640, 0o604])
def test_a_secret_open_to_others_is_refused(tmp_path, mode):
    """The error names the command that mends the mode."""
    read_secret(tmp_path)
    (tmp_path / NAME).chmod(mode)
    with pytest.raises(StoreUnavailable, match="chmod 600"):
        read_secret(tmp_path)


def test_a_secret_that_cannot_be_made_is_trouble_with_the_store(tmp_path):
    """Not a traceback."""
    with pytest.raises(StoreUnavailable, match="No such file"):
        read_secret(tmp_path / "nowhere")


def test_every_purpose_has_its_own_key():
    """None tells the secret."""
    assert len({key_for(SECRET, "correspondents"), key_for(SECRET, "marker"), SECRET}) == 3
