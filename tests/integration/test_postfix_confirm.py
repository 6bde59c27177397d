"""A real Postfix between a sender and the gateway, with the recipe of docs/confirm.md: the reply arrives as it must.

Its transport map sends the control address's domain to the outbound listener; reports of what is refused are its own.
"""

from __future__ import annotations

import re
import smtplib
import time
from collections.abc import Iterator
from email import message_from_bytes, policy
from typing import Any

import pytest

from tests.support.builders.confirmations import CAROL, answer, reply_to
from tests.support.servers.gateway import Gateway
from tests.support.servers.ports import free_port
from tests.support.servers.postfix import Postfix, SmtpSink, needs_root
from tests.unit.docs.conftest import ROOT

pytestmark = needs_root

FILTERS = "filters:\n  - attachments: {directions: [outbound], release: sender}\n"
HELD = (
    f"From: Carol <{CAROL}>\r\nTo: joe@outside.example\r\nSubject: A tool\r\nMessage-ID: <t@example.co.uk>\r\n"
    "Content-Type: application/octet-stream; name=tool.exe\r\n\r\nMZ\r\n"
).encode()


class Site:
    def __init__(self, postfix: Postfix, gateway: Gateway, world: SmtpSink) -> None:
        self.postfix = postfix
        self.gateway = gateway
        self.world = world

    def sends(self, to: str, content: bytes) -> None:
        """Carol, through her mail server."""
        with smtplib.SMTP("127.0.0.1", self.postfix.ports[0]) as session:
            session.sendmail(CAROL, [to], content)


def transport(port: int) -> str:
    """The line of the document, with a port of the test's."""
    (line,) = re.findall(r"^ +(gw\.example\.co\.uk +smtp:\S+)$", (ROOT / "docs/confirm.md").read_text("utf-8"), re.M)
    return f"{line.replace('10.0.0.2', '127.0.0.1').replace('2587', str(port))}\n"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    port = free_port()
    with SmtpSink() as world:
        folder = tmp_path_factory.mktemp("gateway")
        more = f'control_address: mailwarden@gw.example.co.uk\nroutes: {{example.co.uk: "smtp://127.0.0.1:{port}"}}\n'
        gateway = Gateway(folder, f"smtp://127.0.0.1:{world.port}", FILTERS, more=more)
        main = {"relayhost": f"[127.0.0.1]:{gateway.outbound}", "recipient_delimiter": "+"}
        smtpd = f"127.0.0.1:{port} inet n - n - - smtpd\n"
        postfix = Postfix(smtpd, (port,), main, (CAROL,))
        postfix.config.mkdir()
        (postfix.config / "transport").write_text(transport(gateway.outbound))
        main["transport_maps"] = f"texthash:{postfix.config}/transport"
        with postfix, gateway:
            yield Site(postfix, gateway, world)


def wait(look: Any) -> Any:
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        if found := look():
            return found
        time.sleep(0.05)
    raise TimeoutError


def test_a_reply_through_postfix_confirms_and_a_second_one_is_reported(site: Site) -> None:
    """The token comes through in the address; the refusal's sentence stands in the report."""
    site.sends("joe@outside.example", HELD)
    to = reply_to(site.postfix.wait_delivered(CAROL, "Not sent yet: A tool"))
    site.sends(to, answer())
    wait(lambda: [one for one in site.world.messages() if b"Subject: A tool\r\n" in one.replace(b"\n", b"\r\n")])
    assert site.gateway.held() == []

    site.sends(to, answer(text="Again"))
    site.postfix.wait_said("status=bounced")
    report = site.postfix.wait_delivered(CAROL, "Undelivered Mail Returned to Sender")
    body = message_from_bytes(report, policy=policy.default)
    assert "has been confirmed already, or is held no more" in " ".join(str(body).split())
