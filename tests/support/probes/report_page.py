"""The pictures of docs/report.md: the page as Chromium (installed) shows it, and the terminal, in docs/images.

Run it as `python -m tests.support.probes.report_page`. Chromium is asked for nothing but a local file.
"""

from __future__ import annotations

import sys
import tempfile
from io import StringIO
from pathlib import Path

from rich.console import Console

from gateway.act.reports.page import page
from gateway.cli import output, report_tables
from tests.support.builders.reports import figures
from tests.support.probes.screenshots import photograph

IMAGES = Path(__file__).resolve().parents[3] / "docs" / "images"


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        html = Path(folder) / "report.html"
        html.write_text(page(figures()), "utf-8")
        photograph(html, IMAGES / "report.png", dark=False)
    console = Console(file=StringIO(), width=80, record=True, highlight=False)
    output.console = report_tables.console = console
    report_tables.show(figures())
    console.save_svg(str(IMAGES / "report-terminal.svg"), title="mailwarden report")
    return 0


if __name__ == "__main__":
    sys.exit(main())
