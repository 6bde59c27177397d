"""The parts that understand a message, as the settings want them."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.app import read_settings
from gateway.assemble.understand import build_examiner, build_pool, build_tenants, build_unfolder
from gateway.contract import Resolver
from gateway.settings.models import Settings
from gateway.understand.authentication.tenants import GoogleProof, Microsoft365Proof
from tests.support.builders.authentication import FakeResolver
from tests.support.builders.judgement import mail
from tests.support.builders.judgement import settings as settings_of
from tests.support.servers.receiver import self_signed


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_of(tmp_path, "- probe", more="labels: {personal: [mine]}\n")


def test_waiting_for_the_sandbox_leaves_the_filters_their_time(settings: Settings) -> None:
    """A quarter of what there is for judging, however long a message has waited."""
    unfolder = build_unfolder(settings, build_pool(settings))
    assert unfolder._wait_seconds == 45
    assert settings.limits.judge_seconds == 60


@pytest.mark.parametrize(
    ("verify", "resolver", "verified"),
    [("true", FakeResolver({}), True), ("false", FakeResolver({}), False), ("true", None, False)],
)
async def test_the_origin_is_verified_where_the_settings_and_the_user_want_it(
    tmp_path: Path, verify: str, resolver: Resolver | None, verified: bool
) -> None:
    """`explain` has no resolver: it asks no DNS."""
    settings = settings_of(tmp_path, "- probe", more=f"authentication: {{verify: {verify}}}\n")
    examined = await build_examiner(settings, build_pool(settings), resolver).examine(mail(), verify=True)
    assert examined.mail.authentication.verified == verified


async def test_each_listener_with_a_tenant_has_its_proof(tmp_path: Path) -> None:
    """The organisation's domains count unless the tenant names others."""
    self_signed(tmp_path)
    id = "72f988bf-86f1-41af-91ab-2d7cd011db47"
    (tmp_path / "gateway.yaml").write_text(
        "organisation: {name: Example Ltd, domains: [example.com]}\n"
        "listeners:\n"
        '  - {name: in, address: "127.0.0.1:2525", direction: inbound, next_hop: "maildir:mail"}\n'
        '  - {name: google, address: "127.0.0.1:2526", direction: outbound, next_hop: "maildir:mail",\n'
        "     tenant: {google: {}}}\n"
        '  - {name: microsoft, address: "127.0.0.1:2527", direction: inbound, next_hop: "maildir:mail",\n'
        "     certificate: certificate.pem, key: key.pem,\n"
        f"     tenant: {{microsoft365: {{id: {id}, domains: [.example.org], certificate_names: [x.example]}}}}}}\n"
    )
    google, microsoft = build_tenants(read_settings(tmp_path / "gateway.yaml"), FakeResolver({})).values()
    assert isinstance(google, GoogleProof)
    assert "example.com" in google.domains
    assert isinstance(microsoft, Microsoft365Proof)
    assert (microsoft.id, microsoft.certificate_names) == (id, {"x.example"})
    assert "mail.example.org" in microsoft.domains
    assert "example.com" not in microsoft.domains


async def test_the_words_of_the_labels_are_the_settings(settings: Settings) -> None:
    """Those as shipped don't count then."""
    examiner = build_examiner(settings, build_pool(settings), None)
    subjects = {"Mine: lunch": {"personal"}, "Personal: lunch": set()}
    for subject, labels in subjects.items():
        examined = await examiner.examine(mail(raw=f"Subject: {subject}\r\n\r\nHi\r\n".encode()), verify=False)
        assert examined.mail.labels == labels
