"""The exposition: the client library's parser reads what it writes."""

from __future__ import annotations

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics_families
from prometheus_client.parser import text_string_to_metric_families

from gateway.measures.measures import Measures
from gateway.monitoring.exposition import exposition


def measured() -> Measures:
    measures = Measures()
    measures.count("messages", "in", "inbound", "relay", amount=3)
    measures.observe("stage_seconds", "judge", seconds=0.02)
    measures.observe("stage_seconds", "judge", seconds=3)
    measures.gauge("sessions", value=2)
    measures.state("next_hop_up", 'smtp://"odd":25', value=1)
    return measures


def test_what_is_written_is_read() -> None:
    octets, content_type = exposition(measured().snapshot())
    assert content_type.startswith("text/plain; version=0.0.4")
    families = {family.name: family for family in text_string_to_metric_families(octets.decode())}
    samples = {(s.name, *s.labels.values()): s.value for family in families.values() for s in family.samples}
    assert samples["mailwarden_messages_total", "relay", "inbound", "in"] == 3
    assert samples["mailwarden_stage_seconds_bucket", "0.01", "judge"] == 0
    assert samples["mailwarden_stage_seconds_bucket", "2.5", "judge"] == 1
    assert samples["mailwarden_stage_seconds_bucket", "+Inf", "judge"] == 2
    assert samples["mailwarden_stage_seconds_count", "judge"] == 2
    assert samples["mailwarden_sessions",] == 2
    assert samples["mailwarden_next_hop_up", 'smtp://"odd":25'] == 1
    assert families["mailwarden_next_hop_up"].type == "gauge"


def test_openmetrics_where_it_is_asked_for() -> None:
    octets, content_type = exposition(measured().snapshot(), "application/openmetrics-text;version=1.0.0")
    assert content_type.startswith("application/openmetrics-text")
    assert "mailwarden_messages" in {family.name for family in openmetrics_families(octets.decode())}


@pytest.mark.parametrize(
    "accept",
    [
        "application/openmetrics-text;version=2.0.0\nSet-Cookie: a=b",
        "application/openmetrics-text;version=x",
        "application/openmetrics-text; version=" + "9" * 5000 + ".0.0",
        "text/plain;version=x",
        "text/plain;version=1.0.0;version=x",
        "text/plain;Version=1.0.0;version=x",
        "\0",
    ],
)
def test_a_format_that_is_none_gets_the_plain_one(accept: str) -> None:
    """Nothing that a client writes gets into the answer's header, or makes it fail."""
    assert exposition(measured().snapshot(), accept)[1].startswith("text/plain; version=0.0.4")
    prometheus = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,*/*;q=0.1"
    assert exposition(measured().snapshot(), f"{accept},{prometheus}")[1].startswith("application/openmetrics-text")
