"""docs/disclaimer.md, external.md and authentication.md: what they tell administrators to write is understood."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from filters.disclaimer.settings import DisclaimerSettings, Rule
from filters.disclaimer.templates import FIELDS, Sender, sender_of, template
from filters.registry import FILTERS
from gateway.act.signing.key_record import new_key, pem
from gateway.cli.main import cli
from gateway.contract import Organisation
from gateway.message.labels import SHIPPED
from gateway.settings.loading import load
from tests.support.builders.disclaimers import ANN, ORGANISATION
from tests.unit.docs.conftest import ROOT, blocks

DISCLAIMER, EXTERNAL, AUTHENTICATION = (
    ROOT / "docs" / f"{name}.md" for name in ("disclaimer", "external", "authentication")
)
TEXT = DISCLAIMER.read_text("utf-8")
(TEMPLATE,) = blocks(DISCLAIMER, "jinja")

OURS = "organisation: {name: Example Ltd, domains: [example.co.uk], contact: it@example.co.uk}\n"
LISTENERS = """\
listeners:
  - {name: inbound, address: "127.0.0.1:2525", direction: inbound, next_hop: "maildir:in", next_hop_trusts_us: true}
"""
KEY = pem(new_key("rsa", 2048))
PEOPLE = "directory: {groups: {board: [bea@example.co.uk]}}\n"
YAML = [(path, block) for path in (DISCLAIMER, EXTERNAL, AUTHENTICATION) for block in blocks(path, "yaml")]


@pytest.mark.parametrize(("document", "block"), YAML, ids=lambda value: value.stem if isinstance(value, Path) else "")
def test_every_yaml_block_loads(document: Path, block: str, tmp_path: Path) -> None:
    """Each block loads with the keys that it leaves out; the files that it names exist."""
    given = yaml.safe_load(block)
    rest = {"organisation": OURS, "listeners": LISTENERS, "directory": PEOPLE}
    for name in re.findall(r"[\w./-]+\.(?:txt|html|pem)", block):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(b"" if file.suffix != ".pem" else KEY)
        file.chmod(0o600)
    path = tmp_path / "gateway.yaml"
    path.write_text(block + "".join(lines for key, lines in rest.items() if key not in given))
    assert load(path, FILTERS)


def test_the_template_does_as_it_says() -> None:
    """A line of empty fields goes with its words; the condition holds for those whom it names."""
    filled = template(TEMPLATE, html=False)
    for_ann, for_nobody = filled(sender_of(ANN, "ann@example.co.uk"), ORGANISATION), filled(Sender(), ORGANISATION)
    assert for_ann.startswith("Ann Archer, Finance Director\nTelephone: +44 20 7946 0001\nExample Trading Limited\nReg")
    assert "Our bank details" in for_ann
    assert for_nobody.startswith("Example Trading Limited\nRegistered in England and Wales\n\nE-mail to and from")
    assert "Registered in" not in filled(Sender(), Organisation(name="X", registered_name="X"))


def test_every_field_is_listed() -> None:
    """And none that is not there."""
    listed = TEXT.partition("| field | from |")[2].partition("\n\n")[0]
    named = {"sender": set(re.findall(r"`sender\.(\w+)`", listed))}
    named["organisation"] = set(re.findall(r"`(?:organisation)?\.(\w+)`", listed))
    assert named == {name: set(known) for name, known in FIELDS.items()}


def test_every_key_is_explained() -> None:
    """Every key of the filter and of its rules is explained."""
    keys = {*DisclaimerSettings.model_fields, *Rule.model_fields}
    assert {key for key in keys if not re.search(rf"\b{key}\b", TEXT)} == set()


@pytest.mark.parametrize("subject", ["Personal: lunch", "[personal] lunch", "(personal) lunch", "lunch [personal]"])
def test_what_labels_a_message_personal(subject: str) -> None:
    """The table has the subjects that label a message personal."""
    assert SHIPPED.is_personal(subject)


def test_codes_and_their_actions() -> None:
    """The table has all of them, as shipped."""
    codes = FILTERS["disclaimer"].codes
    assert set(re.findall(r"^\| `(disclaimer\.\w+)`", TEXT, re.M)) == set(codes)
    assert [str(one.action) for one in codes.values()] == ["amend", "log", "reject"]


def test_the_key_of_the_first_step_is_the_key_of_the_second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The quoted commands, run by whoever runs the tests: the folder first, and in it the file that the YAML names."""
    enter, folder, keygen = blocks(AUTHENTICATION, "")[0].splitlines()
    assert enter == "cd /etc/mailwarden"
    assert folder.startswith("install -d -o mailwarden -g mailwarden -m 0700 ")
    as_user, _, command = keygen.partition("/opt/mailwarden/.venv/bin/mailwarden ")
    assert as_user == "runuser -u mailwarden -- "
    monkeypatch.chdir(tmp_path)
    Path(folder.split()[-1]).mkdir()
    assert CliRunner().invoke(cli, command.split()).exit_code == 0
    (named,) = yaml.safe_load(blocks(AUTHENTICATION, "yaml")[0])["dkim"]
    assert Path(named["key"]).stat().st_mode & 0o777 == 0o600
