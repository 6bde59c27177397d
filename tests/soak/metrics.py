"""The gateway's metrics over several lives of its supervisor, with which all counters begin anew."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections import Counter
from dataclasses import dataclass, field

from prometheus_client.parser import text_string_to_metric_families

Sample = tuple[str, ...]  # the name without its prefix, and the values of its labels by the order of their names


@dataclass
class Metrics:
    """The last samples of each life, and the moments around which a process may have died with what it had counted."""

    port: int
    lives: list[dict[Sample, float]] = field(default_factory=lambda: [{}])
    lost: list[tuple[float, float]] = field(default_factory=list)

    def scrape(self) -> bool:
        """Read all samples of the present life; return whether the gateway answered."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=10) as answer:
                text = answer.read().decode()
        except (OSError, urllib.error.URLError):
            return False
        self.lives[-1] = {
            (one.name.removeprefix("mailwarden_"), *(one.labels[key] for key in sorted(one.labels))): one.value
            for family in text_string_to_metric_families(text)
            for one in family.samples
        }
        return True

    def new_life(self) -> None:
        """Begin the samples of another supervisor."""
        self.lives.append({})

    def is_lost(self, at: float) -> bool:
        """Return whether what was counted at this time may have been lost with a process."""
        return any(begin <= at <= end for begin, end in self.lost)

    def total(self, name: str, **by: str) -> float:
        """Return the sum of a counter over all lives, by the values of some labels."""
        return sum(
            value
            for life in self.lives
            for sample, value in life.items()
            if sample[0] == name and set(by.values()) <= set(sample[1:])
        )

    def by_label(self, name: str, place: int) -> Counter[str]:
        """Return the sums of a counter by one of its labels."""
        sums = Counter[str]()
        for life in self.lives:
            for sample, value in life.items():
                if sample[0] == name:
                    sums[sample[1 + place]] += int(value)
        return sums

    def gauge(self, *sample: str) -> float:
        """Return a value of the present life."""
        return self.lives[-1].get(sample, 0.0)
