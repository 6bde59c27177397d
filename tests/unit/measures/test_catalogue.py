"""The catalogue: names and labels as Prometheus takes them, and every metric that is counted stands in it."""

from __future__ import annotations

import re
from pathlib import Path

from gateway.measures.catalogue import BUCKETS, METRICS

PROJECT = Path(__file__).resolve().parents[3]


def test_names_and_labels() -> None:
    """A name may carry no suffix that the exposition adds itself."""
    for name, metric in METRICS.items():
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", name)
        assert not name.endswith(("_total", "_count", "_sum", "_bucket"))
        assert metric.meaning.endswith(".")
        assert not {"address", "recipient", "sender", "client", "subject"} & set(metric.labels)
    assert list(BUCKETS) == sorted(set(BUCKETS))


def test_every_metric_is_measured_and_every_measured_one_is_known() -> None:
    """Calls name their metric as a plain string."""
    texts = [path.read_text("utf-8") for path in (PROJECT / "gateway").rglob("*.py") if path.name != "catalogue.py"]
    texts = [text for text in texts if "MEASURES" in text or "gauges" in text]
    measured = {name for text in texts for name in re.findall(r'MEASURES\.\w+\(\s*"(\w+)"', text)}
    assert measured - set(METRICS) == set()
    named = {name for text in texts for name in re.findall(r'"(\w+)"', text)}
    # These two have the names of the sessions' figures.
    assert set(METRICS) - named == {"sessions", "bytes_in_flight"}


def test_the_documentation_has_every_metric() -> None:
    text = (PROJECT / "docs/monitoring.md").read_text("utf-8")
    for name, metric in METRICS.items():
        shown = f"mailwarden_{name}_total" if metric.kind == "counter" else f"mailwarden_{name}"
        labels = ", ".join(f"`{label}`" for label in metric.labels)
        assert f"| `{shown}` | {labels} | {metric.meaning.rstrip('.')} |" in text
