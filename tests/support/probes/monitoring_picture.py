"""The picture of docs/monitoring.md: a gateway under some mail, as Prometheus' own page of graphs shows it.

`python -m tests.support.probes.monitoring_picture` writes docs/images/monitoring.png; it takes two minutes. The
dashboard itself is for Grafana, which Debian doesn't have.
"""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import urlencode

from tests.support.probes.screenshots import CHROMIUM_SECONDS
from tests.support.servers.gateway import Gateway, send
from tests.support.servers.ports import free_port
from tests.support.servers.prometheus import Prometheus
from tests.support.servers.sink import Sink

PROJECT = Path(__file__).resolve().parents[3]
ALERTS = PROJECT / "docs/monitoring/alerts.yaml"
PICTURE = PROJECT / "docs/images/monitoring.png"
SECONDS = 90
MAIL = "From: a@outside.example\r\nTo: b@example.co.uk\r\nSubject: Hello {}\r\n{}\r\nGood day {}.\r\n"
BLOCKED = 'Content-Type: application/octet-stream; name="a.exe"\r\n'
#: Titles of the dashboard's panels in the picture.
PANELS = ("Messages a minute by action", "Final dot to reply")
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=1100,1520")


def expressions() -> list[str]:
    """Return the first expression of each panel in the picture."""
    panels = json.loads((PROJECT / "docs/monitoring/dashboard.json").read_text("utf-8"))["panels"]
    by_title = {panel["title"]: panel for panel in panels}
    found = [by_title[title]["targets"][-1]["expr"] for title in PANELS]
    return [re.sub(r'\{instance=~"\$instance"\}', "", one).replace("$__rate_interval", "15s") for one in found]


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with Sink() as sink:
            hop = f"smtp://127.0.0.1:{sink.port}"
            async with Gateway(Path(folder) / "gateway", next_hop=hop, http=free_port()) as gateway:
                with Prometheus(
                    Path(folder) / "prometheus", gateway.http, PROJECT / "docs/monitoring/alerts.yaml"
                ) as seen:
                    await _some_mail(gateway)
                    await asyncio.to_thread(_photograph, seen.port)


async def _some_mail(gateway: Gateway) -> None:
    """Send mail for a while, at a pace that changes; one message in ten has a program attached."""
    loop = asyncio.get_running_loop()
    began, number = loop.time(), 0
    while loop.time() - began < SECONDS:
        number += 1
        content = MAIL.format(number, "" if number % 10 else BLOCKED, number)
        await send(gateway.inbound, "a@outside.example", ["b@example.co.uk"], content.encode())
        await asyncio.sleep(0.05 + (number % 60) / 200)


def _photograph(port: int) -> None:
    query = {}
    for number, expression in enumerate(expressions()):
        query |= {f"g{number}.expr": expression, f"g{number}.tab": "0", f"g{number}.range_input": "2m"}
    page = f"http://127.0.0.1:{port}/classic/graph?{urlencode(query)}"
    with tempfile.TemporaryDirectory() as profile:
        command = ["chromium", *FLAGS, "--virtual-time-budget=8000", f"--user-data-dir={profile}"]
        subprocess.run(
            [*command, f"--screenshot={PICTURE}", page], capture_output=True, check=True, timeout=CHROMIUM_SECONDS
        )


if __name__ == "__main__":
    asyncio.run(main())
