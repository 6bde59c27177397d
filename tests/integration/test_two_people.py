"""A change of payment details over SMTP, and the two users of this machine who let it go. Needs root to become them."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from gateway.control.client import SOCKET_NAME
from tests.support.builders.payment_filter import bill, registered
from tests.support.servers import preloaded
from tests.support.servers.gateway import Gateway, send

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become other users")

#: Accounts of every Debian system: who releases, who approves, and who may do both.
FIRST, SECOND, BOTH = (pwd.getpwnam(name) for name in ("games", "daemon", "nobody"))
#: The group that the control socket is for.
GROUP = BOTH.pw_gid
NEW = "DE89 3704 0044 0532 0130 00"
VERIFIED = ("--verified-by", "Ann Lee", "--how", "telephone", "--contact", "+44 20 7946 0000")


class Site:
    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway

    def run(self, user: pwd.struct_passwd, *arguments: str) -> subprocess.CompletedProcess[str]:
        return preloaded.run([*arguments, "--config", str(self.gateway.config)], (user.pw_uid, GROUP))

    def release(self, user: pwd.struct_passwd, id: str) -> subprocess.CompletedProcess[str]:
        return self.run(user, "quarantine", "release", id, "--reason", "ordered", *VERIFIED)

    def approve(self, user: pwd.struct_passwd, id: str) -> subprocess.CompletedProcess[str]:
        return self.run(user, "quarantine", "approve", id, "--reason", "seen the note of the call")

    async def take(self, raw: bytes, *, outbound: bool = False) -> None:
        port = self.gateway.outbound if outbound else self.gateway.inbound
        sender, to = ("ap@supplier.example", "bob@example.co.uk")[:: -1 if outbound else 1]
        assert (await send(port, sender, [to], raw)).startswith("250 ")

    @property
    def delivered(self) -> list[bytes]:
        """Messages delivered to the next hop, without notices."""
        folder = self.gateway.data_dir / "delivered" / "new"
        messages = [file.read_bytes() for file in folder.glob("*")]
        return [one for one in messages if b"Auto-Submitted:" not in one]


@pytest.fixture
async def site(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    """Yield the site in a folder open to other users: pytest's own folders are closed to them."""
    folder = Path(tempfile.mkdtemp(prefix="mailwarden-"))
    folder.chmod(0o755)
    monkeypatch.setenv("PYTHONPATH", registered(folder / "site")["PYTHONPATH"])
    users = f"{{{FIRST.pw_name}: [reviewer], {SECOND.pw_name}: [approver], {BOTH.pw_name}: [reviewer, approver]}}"
    more = f"reviewers: {users}"
    gateway = Gateway(folder, filters="filters:\n  - paying\n", more=more, workers=1)
    try:
        async with gateway:
            for path in (gateway.data_dir, gateway.data_dir / SOCKET_NAME):
                os.chown(path, 0, GROUP)
            yield Site(gateway)
    finally:
        shutil.rmtree(folder)


def held(site: Site) -> list[dict[str, Any]]:
    return site.gateway.held()


async def test_two_users_let_a_verified_change_go(site: Site) -> None:
    """Known by the kernel; the first alone can do nothing, and the next bill with that account passes."""
    await site.take(bill(NEW))
    ((id, codes),) = [(row["id"], row["codes"]) for row in held(site)]
    assert (codes, site.delivered) == (["paying.account"], [])

    assert "nobody has released" in site.approve(SECOND, id).stderr
    assert "it needs the role reviewer" in site.release(SECOND, id).stderr
    assert "--verified-by NAME" in site.run(FIRST, "quarantine", "release", id, "--reason", "x").stderr
    first = site.release(FIRST, id)
    told, entered = first.stdout.splitlines()
    assert told == (
        f"{id} released for bob@example.co.uk by you; it waits for an approver: {SECOND.pw_name} or {BOTH.pw_name}."
    )
    assert entered.startswith("Then verified: iban ")
    assert "it needs the role approver" in site.approve(FIRST, id).stderr
    assert site.delivered == []

    shown = site.run(SECOND, "quarantine", "show", id, "--json")
    (waiting,) = json.loads(shown.stdout)["waiting"]
    assert waiting["released_by"] == FIRST.pw_name
    second = site.approve(SECOND, id)
    assert second.stdout.splitlines() == [
        f"{id} released for bob@example.co.uk: delivered to the next hop.",
        entered.removeprefix("Then ").capitalize(),
    ], second.stderr
    assert [one.endswith(b"\r\n" + bill(NEW)) for one in site.delivered] == [True]

    (row,) = site.gateway.rows("trace", id)
    assert [(h["operation"], h["actor"]) for h in row["history"]] == [
        ("sign", FIRST.pw_name),
        ("show", SECOND.pw_name),
        ("approve", SECOND.pw_name),
    ]
    await site.take(bill(NEW, id="2@x"))
    assert (held(site), len(site.delivered)) == ([], 2)


async def test_who_may_do_both_does_not_do_both(site: Site) -> None:
    """A person with both roles can't approve a message after releasing it. Another does; root counts as another."""
    await site.take(bill(NEW))
    (entry,) = held(site)
    site.release(BOTH, entry["id"])
    assert f"{BOTH.pw_name} has released it: somebody else has to approve" in site.approve(BOTH, entry["id"]).stderr
    assert site.delivered == []
    done = site.gateway.cli("quarantine", "approve", entry["id"], "--reason", "root knows them too")
    assert done.returncode == 0, done.stderr
    assert len(site.delivered) == 1


async def test_two_approvals_at_once(site: Site) -> None:
    """One message goes out."""
    await site.take(bill(NEW))
    (entry,) = held(site)
    assert site.release(FIRST, entry["id"]).returncode == 0
    with ThreadPoolExecutor() as threads:
        both = list(threads.map(lambda user: site.approve(user, entry["id"]), (SECOND, BOTH)))
    assert sorted((done.stderr == "", done.returncode) for done in both) == [(False, 1), (True, 0)]
    assert len(site.delivered) == 1


async def test_our_own_announcement_waits_for_both(site: Site) -> None:
    """Outbound; our own account is in no ledger afterwards."""
    await site.take(bill(NEW, sender="bob@example.co.uk", to="ap@supplier.example"), outbound=True)
    (entry,) = held(site)
    assert entry["direction"] == "outbound"
    assert site.release(FIRST, entry["id"]).returncode == 0
    assert site.delivered == []
    assert site.approve(SECOND, entry["id"]).returncode == 0
    assert len(site.delivered) == 1
    assert site.gateway.rows("payments", "list") == []


async def test_a_user_without_a_role_sees_nothing_of_the_ledger(site: Site) -> None:
    """A reviewer lists and blocks, and imports nothing."""
    assert site.run(FIRST, "payments", "list").stdout == "No account is known.\n"
    done = site.run(FIRST, "payments", "block", NEW, "--reason", "seen elsewhere")
    assert done.stdout == f"{NEW} is blocked.\n"
    assert "it needs the role administrator" in site.run(FIRST, "payments", "unblock", NEW, "--reason", "x").stderr
    (row,) = site.gateway.rows("payments", "history")
    assert row["actor"] == FIRST.pw_name
    await site.take(bill(NEW, sender="x@anybody.example"))
    assert [row["codes"] for row in held(site)] == [["paying.blocked"]]
