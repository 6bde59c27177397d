"""Plain text: what is quoted, by which words, and what is not taken for a quotation."""

from __future__ import annotations

import pytest

from gateway.message.mime.parse import parse
from gateway.message.text.lines import MAX_LINES
from gateway.message.text.written import written, written_text


def kinds(text: str) -> list[str]:
    return [segment.kind for segment in written_text(text).segments]


@pytest.mark.parametrize(
    "said",
    [
        "On Tue, 3 Mar 2026 at 10:11, Ann Lee <ann@x.example> wrote:",
        "On 03/03/2026 10:11, Ann Lee wrote:",
        "On Mar 3, 2026, at 10:11 AM, Ann Lee wrote:",
        "Ann Lee wrote:",
        "Ann Lee <ann@x.example> writes:",
        '"Lee, Ann" <ann@x.example> wrote on 03/03/2026 10:11:12 AM:',
        "Am 03.03.26 um 10:11 schrieb Ann Lee:",
        "Am Di., 3. März 2026 um 10:11 Uhr schrieb Ann Lee <ann@x.example>:",
        "Ann Lee schrieb am 03.03.2026 um 10:11:",
        "Le 03/03/2026 à 10:11, Ann Lee a écrit :",
        "Le mar. 3 mars 2026 à 10:11, Ann Lee <ann@x.example> a écrit\u00a0:",
        "El mar, 3 mar 2026 a las 10:11, Ann Lee (<ann@x.example>) escribió:",
        "El 3/3/26 a las 10:11, Ann Lee escribió:",
        "Il giorno mar 3 mar 2026 alle ore 10:11 Ann Lee <ann@x.example> ha scritto:",
        "Op 3-3-2026 om 10:11 schreef Ann Lee:",
        "W dniu 3.03.2026 o 10:11, Ann Lee pisze:",
        "wt., 3 mar 2026 o 10:11 Ann Lee <ann@x.example> napisał(a):",
        "Em ter., 3 de mar. de 2026 às 10:11, Ann Lee <ann@x.example> escreveu:",
        "Den tis 3 mars 2026 kl 10:11 skrev Ann Lee <ann@x.example>:",
    ],
)
def test_who_wrote(said: str) -> None:
    """The line above a quotation belongs to it, in every language."""
    text = f"Yes.\n\n{said}\n> old\n"
    assert kinds(text) == ["new", "quoted"]
    assert written_text(text).above_quote == len("Yes.\n\n")


@pytest.mark.parametrize("count", [1, 2])
def test_who_wrote_over_several_lines(count: int) -> None:
    """Wrapped at a blank, once or twice."""
    said = "On Tue, 3 Mar 2026 at 10:11, Ann Lee <ann@x.example> wrote:".replace(" Ann", "\nAnn", 1)
    said = said.replace(" wrote", "\nwrote") if count == 2 else said
    assert written_text(f"Yes.\n{said}\n\n> old").above_quote == len("Yes.\n")


@pytest.mark.parametrize(
    "text",
    [
        "He wrote:\n\nI will come.",
        "On Monday Ann wrote:\nthat is all.",
        "From: London\nTo: Leeds\nby train",
        "We need 3 things:\n- one\n- two\n----\nthat's all",
        "the value is > 10\nand so on",
        ">From London with love",
        "-- \n-- \n",
        "To\nbe or not to be\nis the\nSubject",
        "",
        "\n\n",
    ],
)
def test_no_quotation(text: str) -> None:
    """A sentence of one's own that looks a little like one."""
    assert "quoted" not in kinds(text)
    assert written_text(text).above_quote == len(text)


def test_a_sure_introduction_needs_no_sign() -> None:
    """An address or a time makes the text behind it the old message, though no line of it has a sign."""
    text = "Yes.\n\nOn Tue, 3 Mar 2026 at 10:11, Ann <ann@x.example> wrote:\n\nold\nand older\n"
    assert written_text(text).quoted_text.endswith("old\nand older")


def test_original_message_in_many_languages() -> None:
    """All text from the line on is quoted, also text without a sign."""
    for said in (
        "-----Original Message-----",
        "----- Forwarded by Ann Lee/X on 03/03/2026 10:11 -----",
        "-----Ursprüngliche Nachricht-----",
        "-------- Weitergeleitete Nachricht --------",
        "-----Message d'origine-----",
        "-------- Message transféré --------",
        "-----Mensaje original-----",
        "-------- Messaggio inoltrato --------",
        "-----Oorspronkelijk bericht-----",
        "-----Wiadomość oryginalna-----",
        "Begin forwarded message:",
        "Anfang der weitergeleiteten Nachricht:",
        "Début du message transféré :",
        "Inicio del mensaje reenviado:",
    ):
        assert kinds(f"Yes.\n{said}\n\nold\n") == ["new", "quoted"], said


def test_answers_between_quotations_put_the_place_at_the_end() -> None:
    """So does an answer below the whole quotation."""
    for text in ("> a\nb\n", "Hello\n> a\nb\n", "> a\nb\n> c\n", "x\n> a\nb\n> c\nd\n"):
        assert written_text(text).above_quote == len(text), text


def test_a_signature_alone_below_is_no_answer() -> None:
    """The answer stands above: so does the place."""
    assert written_text("Yes.\n> a\n-- \nTom\n").above_quote == len("Yes.\n")


@pytest.mark.parametrize(
    "line",
    ["-- ", "--", "Sent from my iPhone", "Von meinem iPhone gesendet", "Envoyé de mon iPhone", "Inviato da iPhone",
     "Get Outlook for Android", "Enviado desde mi iPhone", "Verstuurd vanaf mijn iPhone", "Outlook für iOS beziehen"],
)  # fmt: skip
def test_signatures(line: str) -> None:
    """Behind the dashes, or a line that a telephone adds."""
    text = f"Yes, I will.\n{line}\n"
    found = written_text(text)
    assert [segment.kind for segment in found.segments] == ["new", "signature"]
    assert found.new_text.startswith("Yes, I will.")
    assert found.own_text.split("\n")[1] == line.strip()


def test_a_long_text_behind_dashes_is_no_signature() -> None:
    """More than thirty lines; nor are long sentences behind a greeting."""
    assert kinds("a\n--\n" + "b\n" * 30) == ["new", "signature"]
    assert kinds("a\n--\n" + "b\n" * 31) == ["new"]
    assert kinds("a\nRegards,\n" + "b " * 60) == ["new"]


def test_legal_footers() -> None:
    """They are told apart from what was written."""
    for text in ("This e-mail and any attachments are confidential.", "CONFIDENTIALITY NOTICE: …", "Disclaimer: none"):
        assert kinds(f"Yes.\n\n{text}\n") == ["new", "footer"], text


def test_a_byte_order_mark_stays_first() -> None:
    """The top is behind it, so is the place above a quotation."""
    found = written_text("\ufeff> old")
    assert (found.top, found.above_quote) == (1, 1)


@pytest.mark.parametrize(("lines", "complete"), [(MAX_LINES - 1, True), (MAX_LINES, True), (MAX_LINES + 1, False)])
def test_the_limit_of_lines(lines: int, complete: bool) -> None:
    """More aren't read; the end is known all the same."""
    text = "x\n" * lines
    found = written_text(text)
    assert (found.complete, found.end, found.segments[-1].end) == (complete, len(text), len(text))


def test_only_text_is_read() -> None:
    """Any other part is a mistake of the caller."""
    message = parse(b"Content-Type: text/html\r\n\r\n<p>a")
    assert written(message.root).new_text == "a"
    assert written(parse(b"\r\na > b").root).new_text == "a > b"
    with pytest.raises(ValueError, match="image/png"):
        written(parse(b"Content-Type: image/png\r\n\r\nx").root)
