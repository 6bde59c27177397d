"""Exemptions name addresses that the directory has, and the directory's people are at the organisation's domains."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway import app
from gateway.settings.yaml.problems import ConfigurationError

MAIN = """\
organisation: {{name: Example Ltd, domains: [{domains}]}}
listeners: [{{name: in, address: "127.0.0.1:2525", direction: inbound, next_hop: "smtp://127.0.0.1:26"}}]
directory: {directory}
filters: [attachments: {{exempt: [{{codes: [attachment.executable], {exempt}}}]}}]
"""
LAB = (
    "{people: [{name: Lab, addresses: [Lab@example.co.uk]}], lists: [{address: all@example.co.uk, size: 3}], "
    "groups: {it: [help@example.co.uk]}}"
)


def look(
    folder: Path, exempt: str = "networks: [10.0.0.1]", directory: str = LAB, domains: str = "example.co.uk"
) -> list[str]:
    """Return the remarks on addresses and domains."""
    (folder / "gateway.yaml").write_text(MAIN.format(domains=domains, directory=directory, exempt=exempt))
    return [str(one) for one in app.look_over(folder / "gateway.yaml")[1] if "in the directory" in str(one)]


@pytest.mark.parametrize("key", ["recipients", "senders"])
def test_an_address_of_ours_that_nobody_has(tmp_path: Path, key: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        look(tmp_path, f"{key}: ['*@partner.example', lbs@example.co.uk]")
    (said,) = str(caught.value).splitlines()
    assert "gateway.yaml:4:" in said
    assert f"exempt[0].{key}[1]: the directory has nobody at lbs@example.co.uk: correct it, or add it" in said
    assert said.endswith("(did you mean lab@example.co.uk?)")


@pytest.mark.parametrize(
    "address",
    ["lab@example.co.uk", "all@example.co.uk", "help@example.co.uk", "'l*@example.co.uk'", "eve@partner.example"],
)
def test_what_the_directory_has_is_right(tmp_path: Path, address: str) -> None:
    """People, lists and members of groups; patterns and others' addresses can't be known."""
    assert look(tmp_path, f"recipients: [{address}], senders: [eve@partner.example]") == []


def test_a_csv_file_counts(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("name,addresses\nLab,lab@example.co.uk\n")
    directory = "{csv: {people: people.csv}}"
    assert look(tmp_path, "recipients: [lab@example.co.uk]", directory) == []
    with pytest.raises(ConfigurationError, match=r"did you mean lab@example\.co\.uk"):
        look(tmp_path, "recipients: [lbs@example.co.uk]", directory)


def test_a_directory_without_people_knows_nothing(tmp_path: Path) -> None:
    assert look(tmp_path, "recipients: [lbs@example.co.uk]", "{}", "exampel.co.uk") == []


def test_a_gateway_starts_all_the_same(tmp_path: Path) -> None:
    """Whoever leaves the directory must not keep the gateway from starting."""
    with pytest.raises(ConfigurationError):
        look(tmp_path, "recipients: [lbs@example.co.uk]")
    assert app.read_settings(tmp_path / "gateway.yaml")


def test_domains_at_which_nobody_is(tmp_path: Path) -> None:
    (said,) = look(tmp_path, domains="exampel.co.uk, .co.uk")
    assert "gateway.yaml:1:" in said
    assert (
        "organisation.domains[0]: nobody in the directory has an address at exampel.co.uk; "
        "most addresses of people are at example.co.uk" in said
    )
