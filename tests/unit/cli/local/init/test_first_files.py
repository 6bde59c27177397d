"""The files of a first configuration: the shipped ones, with the answers in them."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from gateway.app import read_settings
from gateway.cli.local.init.answers import Answers, Upstream
from gateway.cli.local.init.first_files import clamd_address, first_files, trial_file
from gateway.settings.models import Settings
from gateway.settings.yaml.file_search import SHIPPED
from tests.support.servers.receiver import self_signed

NAME = 'Ünder "Quotes" & Co: # Ltd'


def answers(upstream: Upstream) -> Answers:
    hop = "smtp://[::1]:26"
    return Answers(NAME, ("example.co.uk", ".example.com"), upstream, hop, Path("/srv/mail data"), "Europe/Paris")


def loaded(folder: Path, upstream: Upstream) -> Settings:
    for name, text in first_files(answers(upstream)).items():
        (folder / name).write_text(text, "utf-8")
    return read_settings(folder / "gateway.yaml")


@pytest.mark.parametrize("upstream", Upstream)
def test_each_configuration_loads_with_the_answers(upstream: Upstream, tmp_path: Path) -> None:
    """Whatever stands in an answer is the value of its key."""
    settings = loaded(tmp_path, upstream)
    organisation = settings.organisation
    assert (organisation.name, organisation.domains) == (NAME, ("example.co.uk", ".example.com"))
    assert (organisation.contact, organisation.timezone) == ("postmaster@example.co.uk", "Europe/Paris")
    assert settings.data_dir == Path("/srv/mail data")
    (listener,) = settings.listeners
    assert [(hop.host, hop.port) for hop in listener.next_hop] == [("::1", 26)]
    assert {"virus", "attachments"} <= {entry.kind for entry in settings.filters}


@pytest.mark.parametrize("upstream", [Upstream.none, Upstream.microsoft365, Upstream.google])
def test_nobody_sends_outwards_from_shared_networks(upstream: Upstream, tmp_path: Path) -> None:
    """A listener that strangers reach takes mail for our own domains only."""
    (listener,) = loaded(tmp_path, upstream).listeners
    assert (listener.direction, listener.trusted_networks, listener.proxies) == ("inbound", (), ())


TENANT = "72f988bf-86f1-41af-91ab-2d7cd011db47"


@pytest.mark.parametrize("upstream", [Upstream.microsoft365, Upstream.google])
def test_a_tenant_is_written_with_the_answers_that_it_needs(upstream: Upstream, tmp_path: Path) -> None:
    """Mail to outside goes to the smarthost, from whoever proves the tenant."""
    self_signed(tmp_path)
    (tmp_path / "tls.pem").write_text((tmp_path / "key.pem").read_text() + (tmp_path / "certificate.pem").read_text())
    given = {"tenant": TENANT} if upstream == Upstream.microsoft365 else {}
    cloud = replace(
        answers(upstream), certificate=str(tmp_path / "tls.pem"), smarthost="smtp://relay.example:587", **given
    )
    for name, text in first_files(cloud).items():
        (tmp_path / name).write_text(text, "utf-8")
    inbound, outbound = read_settings(tmp_path / "gateway.yaml").listeners
    assert inbound.certificate == outbound.certificate == tmp_path / "tls.pem"
    assert inbound.after_queue  # the service has accepted the mail, and would bounce it to a forged sender
    assert (outbound.direction, outbound.next_hop[0].host) == ("outbound", "relay.example")
    assert outbound.tenant
    assert outbound.tenant.service == upstream.value
    assert outbound.trusted_networks
    assert inbound.tenant == (outbound.tenant if given else None)


@pytest.mark.parametrize(("tenant", "certificate"), [("", "/x.pem"), (TENANT, ""), ("", "")])
def test_what_an_answer_is_missing_for_is_a_comment(tenant: str, certificate: str) -> None:
    """It loads, and the comments are YAML: nobody has to look up a key."""
    cloud = replace(
        answers(Upstream.microsoft365), tenant=tenant, certificate=certificate, smarthost="smtp://relay.example:587"
    )
    text = first_files(cloud)["gateway.yaml"]
    (listener,) = yaml.safe_load(text)["listeners"]
    assert "tenant" not in listener
    start = text.index("listeners:\n")
    commented = text[start : text.index("# routes:")]
    uncommented = re.sub(r"^( +)# (?=- name|  |certificate|tenant)", r"\1", commented, flags=re.M)
    inbound, outbound = yaml.safe_load(uncommented)["listeners"]
    assert inbound["tenant"] == outbound["tenant"] == {"microsoft365": {"id": TENANT}}
    assert outbound["next_hop"] == "smtp://relay.example:587"


def test_comments_and_their_columns_stay() -> None:
    """Every line of the shipped main file but those of the answers is in the new one."""
    text = first_files(answers(Upstream.none))["gateway.yaml"]
    shipped = (SHIPPED / "gateway.yaml").read_text("utf-8")
    above, below = shipped.split("listeners:\n")[0], shipped[shipped.index("# routes:") :]
    missing = [line for line in (above + below).splitlines() if line not in text.splitlines()]
    keys = [line.strip().partition(":")[0] for line in missing]
    assert keys == ["name", "domains", "contact", "timezone", "data_dir"]
    assert '  domains: ["example.co.uk", ".example.com"]       # exact;' in text


def test_a_trial_has_its_data_in_its_own_folder(tmp_path: Path) -> None:
    """It is the shipped configuration otherwise, with the shipped files."""
    (tmp_path / "gateway.yaml").write_text(trial_file())
    settings = read_settings(tmp_path / "gateway.yaml")
    assert settings.data_dir == tmp_path
    assert len(settings.filters) == len(read_settings(SHIPPED / "gateway.yaml").filters)


@pytest.mark.parametrize(
    ("lines", "address"),
    [
        ("LocalSocket /run/clamav/clamd.ctl\nFixStaleSocket true\n", "/run/clamav/clamd.ctl"),
        ("TCPSocket 3311\nTCPAddr 127.0.0.2\n", "127.0.0.2:3311"),
        ("#LocalSocket /x\nTCPSocket 3311\n", "127.0.0.1:3311"),
        ("Foreground\n", "127.0.0.1:3310"),
        (None, "127.0.0.1:3310"),
    ],
)
def test_the_clamd_of_this_machine_is_found(tmp_path: Path, lines: str | None, address: str) -> None:
    """By its configuration; without one the shipped address stays."""
    file = tmp_path / "clamd.conf"
    if lines is not None:
        file.write_text(lines)
    assert clamd_address(file) == address
