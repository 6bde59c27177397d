"""The exposition of measurements in Prometheus' text formats, written by its client library."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Any

from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from gateway.measures.catalogue import BUCKETS, METRICS, Metric
from gateway.measures.measures import Snapshot

PREFIX = "mailwarden_"

#: A format with a version that the client library understands: it fails at others, and writes them into its answer.
_FORMAT = re.compile(r"[\w/+.*-]+( *; *(version=\d{1,3}(\.\d{1,3}){2}|(?!version=)[\w-]+=[\w.-]+))*", re.ASCII)

Rows = Sequence[tuple[str, Sequence[str], Any]]


def exposition(snapshot: Snapshot, accept: str = "") -> tuple[bytes, str]:
    """Return the measurements as text, and its content type: the format that `accept` asks for."""
    asked = (one.strip() for one in accept.split(","))
    encode, content_type = choose_encoder(",".join(one for one in asked if _FORMAT.fullmatch(one)))
    return encode(_Collected(snapshot)), content_type


class _Collected(Collector):
    """A collector of one snapshot, as the client library asks for it."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def collect(self) -> Iterator[Family]:
        """Yield each metric of the catalogue that has a value."""
        values: dict[str, list[tuple[Sequence[str], Any]]] = {}
        for name, labels, value in (row for rows in self._snapshot.values() for row in rows):
            values.setdefault(name, []).append((labels, value))
        for name, metric in METRICS.items():
            if name in values:
                yield _family(PREFIX + name, metric, values[name])


def _family(name: str, metric: Metric, values: Sequence[tuple[Sequence[str], Any]]) -> Family:
    kind = "gauge" if metric.kind == "state" else metric.kind
    family = Family(name, metric.meaning, kind)
    for labels, value in sorted(values, key=lambda one: list(one[0])):
        named = dict(zip(metric.labels, labels, strict=True))
        match metric.kind:
            case "counter":
                family.add_sample(f"{name}_total", named, value)
            case "gauge":
                family.add_sample(name, named, value)
            case "state":
                family.add_sample(name, named, value[0])
            case "histogram":
                _add_histogram(family, named, value)
    return family


def _add_histogram(family: Family, labels: dict[str, str], row: Sequence[float]) -> None:
    """Add the cumulative buckets, the number and the sum of one row: a number for each bucket, and the sum last."""
    *numbers, total_seconds = row
    so_far = list(accumulate(numbers))
    for bound, number in zip((*map(str, BUCKETS), "+Inf"), so_far, strict=True):
        family.add_sample(f"{family.name}_bucket", {**labels, "le": bound}, number)
    family.add_sample(f"{family.name}_count", labels, so_far[-1])
    family.add_sample(f"{family.name}_sum", labels, total_seconds)
