"""`make sample`: what it sends, and the words in which it says what became of it."""

from __future__ import annotations

import argparse
import asyncio
import email
import zipfile
from email import policy
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
import sample
from rich.console import Console
from sample_mail import EICAR, LARGE_BYTES, OURS, OUTSIDE, WINDOWS_PROGRAM, Sample, samples

from filters.registry import FILTERS
from gateway.operations.explain import Assumed, Source, explaining
from gateway.settings.loading import load
from tests.support.servers import preloaded
from tests.support.servers.gateway import Gateway
from tests.support.servers.sink import Sink
from tests.unit.project.conftest import ROOT, script


@pytest.fixture
def by_title() -> dict[str, Sample]:
    return {one.title: one for one in samples()}


def attachment(one: Sample) -> tuple[str | None, bytes]:
    """Name and content of the only attachment, from the bytes that are sent."""
    parsed = email.message_from_bytes(one.message.as_bytes(), policy=policy.default)
    (part,) = parsed.iter_attachments()
    content = part.get_content()
    return part.get_filename(), content if isinstance(content, bytes) else content.encode()


def test_there_are_a_dozen_or_more() -> None:
    """Enough to see each kind of treatment, in both directions."""
    sent = samples()
    assert len(sent) >= 12
    assert {one.listener for one in sent} == {"inbound", "outbound"}


def test_titles_tell_them_apart() -> None:
    """The table has one row for each, known by its title."""
    titles = [one.title for one in samples()]
    assert len(set(titles)) == len(titles)


def test_every_run_has_its_own_message_ids() -> None:
    """A second run isn't taken for a retry of the first."""
    first, second = ({one.message_id for one in samples()} for _ in range(2))
    assert len(first) == len(samples())
    assert not first & second


def test_message_ids_stand_in_the_message() -> None:
    """The trace asks for the Message-ID that was sent."""
    for one in samples():
        assert email.message_from_bytes(one.message.as_bytes())["Message-ID"] == one.message_id


def test_programs_are_recognisable_by_content(by_title: dict[str, Sample]) -> None:
    """The program keeps its first bytes under either name."""
    for title, name in (("program attached", "setup.exe"), ("program named photo.jpg", "photo.jpg")):
        assert attachment(by_title[title]) == (name, WINDOWS_PROGRAM)
    assert WINDOWS_PROGRAM.startswith(b"MZ")


def test_the_zip_holds_a_program(by_title: dict[str, Sample]) -> None:
    """A real zip file, with the program inside."""
    name, content = attachment(by_title["program in a zip"])
    assert name == "documents.zip"
    assert zipfile.ZipFile(BytesIO(content)).namelist() == ["setup.exe"]


async def test_the_macro_document_is_sound(by_title: dict[str, Sample]) -> None:
    """README says that its macro is found, and that all of it can be examined."""
    shipped = load(ROOT / "config/gateway.yaml", FILTERS)
    asked = [entry for entry in shipped.filters if entry.name == "attachments"]  # not the clamd that runs here
    async with explaining(shipped.model_copy(update={"filters": asked})) as explainer:
        content = by_title["macro document"].message.as_bytes()
        report = (await explainer.explain(Source("sample", lambda: content), Assumed())).report
    assert {one["code"] for one in report["findings"]} == {"attachment.macro"}


def test_eicar_is_sent_whole(by_title: dict[str, Sample]) -> None:
    """The test virus arrives as its 68 octets."""
    assert attachment(by_title["EICAR test virus"]) == ("eicar.com", EICAR)
    assert len(EICAR) == 68


def test_the_large_one_is_large(by_title: dict[str, Sample]) -> None:
    """Some megabytes, well under the limit."""
    assert len(by_title["large, 3 MB"].message.as_bytes()) > LARGE_BYTES


def test_the_subject_needs_utf8(by_title: dict[str, Sample]) -> None:
    """Encoded in the header, readable when decoded."""
    raw = by_title["UTF-8 subject"].message.as_bytes()
    assert raw.isascii() or b"=?utf-8?" in raw
    assert "日本語" in str(email.message_from_bytes(raw, policy=policy.default)["Subject"])


def test_relaying_is_tried_from_outside_to_outside(by_title: dict[str, Sample]) -> None:
    """A stranger asks the inbound listener to relay to a stranger."""
    tried = by_title["relaying refused"]
    assert (tried.listener, tried.sender, tried.recipients) == ("inbound", OUTSIDE, ("someone@elsewhere.example",))


def test_outbound_mail_is_ours(by_title: dict[str, Sample]) -> None:
    """The message goes from one of our people to an outsider, through the outbound listener."""
    assert (by_title["outbound, plain"].sender, by_title["outbound, plain"].recipients) == (OURS, (OUTSIDE,))


def row(*recipients: tuple[str, str], codes: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return an object as `trace --json` prints it, with the fields that are used."""
    return {"recipients": [{"address": address, "action": action} for address, action in recipients], "codes": codes}


@pytest.fixture
def accepted() -> sample.Sent:
    return sample.Sent(samples()[0], "250 2.0.0 OK", True)


def test_one_action_is_said_once(accepted: sample.Sent) -> None:
    """When all recipients fare alike, the action stands alone, with the codes of what was found."""
    told = sample.outcome(accepted, row((OURS, "quarantine"), ("c@example.com", "quarantine"), codes=("virus.found",)))
    assert told.plain == "quarantine  virus.found"


def test_different_actions_are_said_for_each(accepted: sample.Sent) -> None:
    """When they don't, each recipient is named."""
    told = sample.outcome(accepted, row((OURS, "relay"), ("c@example.com", "quarantine")))
    assert told.plain.splitlines() == [f"{OURS}: relay", "c@example.com: quarantine"]


def test_a_refusal_kept_nothing() -> None:
    """Refused before DATA: there is nothing to trace, and that is said."""
    refused = sample.Sent(samples()[0], "550 5.7.1 no", False)
    assert sample.outcome(refused, None).plain == "refused; nothing was kept: 550 5.7.1 no"


@pytest.mark.parametrize("title", [one.title for one in samples()])
def test_codes_and_ids_are_whole_at_80_columns(title: str) -> None:
    """They are copied into commands and into the configuration."""
    codes = ("external.unauthenticated", "attachment.password_in_mail", "attachment.uninspectable")
    one = next(one for one in samples() if one.title == title)
    id = "0199a0b1-c2d3-7e4f-8a5b-6c7d8e9fa0b1"
    console = Console(width=80, file=StringIO())
    told = row((OURS, "quarantine"), ("carol@example.com", "relay"), codes=codes) | {"id": id}
    console.print(sample.table([(sample.Sent(one, "250 2.0.0 OK", True), told)]))
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert [what for what in (title, id, *codes) if what not in shown] == []


def test_an_accepted_message_without_a_row_is_an_alarm(accepted: sample.Sent) -> None:
    """250 and nothing on record must not look like success."""
    assert sample.outcome(accepted, None).plain == "nothing on record"


def test_no_gateway_is_said_plainly() -> None:
    """The program says that no gateway runs, and how to start one, and fails."""
    done = preloaded.run(["--inbound", "1", "--outbound", "1"], code=script("sample.py"))
    assert done.returncode == 1
    assert "No gateway listens" in done.stdout
    assert "make run" in done.stdout
    assert done.stderr == ""


def test_the_ports_are_those_of_the_configuration(tmp_path: Path) -> None:
    """A port that is given counts instead."""
    config = Gateway(tmp_path)
    config.write()
    given = argparse.Namespace(config=config.config, inbound=None, outbound=7)
    assert sample.ports_of(given) == {"inbound": config.inbound, "outbound": 7}


async def test_whoever_cannot_ask_is_told_so_once(root: Path, tmp_path: Path) -> None:
    """Another program takes the samples, and there is no gateway of this configuration to ask: a sentence, and 1."""
    config = tmp_path / "config" / "gateway.yaml"
    config.parent.mkdir()
    config.write_text((root / "config/gateway.yaml").read_text().partition("include:")[0])
    async with Sink() as sink:
        ports = ["--inbound", str(sink.port), "--outbound", str(sink.port)]
        arguments = [*ports, "--config", str(config)]
        done = await asyncio.to_thread(preloaded.run, arguments, code=script("sample.py"))
    assert done.returncode == 1
    said = f"there is no store yet: {tmp_path / 'var'} does not exist; `mailwarden serve` makes it"
    assert set(done.stderr.splitlines()) == {said}


def test_the_words_of_the_table_are_explained() -> None:
    """Those that stand there: who sends a plain mail wonders why it was amended."""
    rows = [None, {"recipients": [{"address": "a@x.example", "action": "amend"}], "codes": [], "id": "1"}]
    assert sample.legend(rows).plain == "amend      delivered, with what the policy adds: mostly one header"
    assert set(sample.STYLES) == set(sample.LEGEND)
