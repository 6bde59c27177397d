"""The place of a notice's copy in a reply, with what a mail program writes above it."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.act.notices.own_messages import END_OF_NOTICE
from gateway.act.release.notice_copies import NoticeCopies, apart
from gateway.message.text.lines import plain_lines

NAME = "Example Ltd mail gateway"
MAILBOX = f"{NAME} <m@example.co.uk>"
HELD = f"Example Ltd's gateway holds it.\n{END_OF_NOTICE}"
QUOTED = f"> Example Ltd's gateway holds it.\n> {END_OF_NOTICE}"
HEADER = f"From: {MAILBOX}\nSent: 2 March 2026\nTo: Bob\nSubject: Held: a lease\n\n"
ON = f"On Mon, 2 Mar 2026 at 09:00, {MAILBOX} wrote:\n"


def cut(text: str) -> str | None:
    """Return a text without the copy in it."""
    lines = list(apart(list(plain_lines(text))))
    copy = NoticeCopies("Example Ltd", "Re: Held: a lease").find(lines)
    return "\n".join(line.text for line in [*lines[: copy.start], *lines[copy.stop :]]) if copy else None


@pytest.mark.parametrize(
    "introduction",
    [
        "",
        ON,
        f"On Mon, 2 Mar 2026 at 09:00, {NAME}\n<m@example.co.uk> wrote:\n\n",
        f"On Mon, 2 Mar 2026 at\n09:00, {NAME}\n<m@example.co.uk> wrote:\n",
        f"Am Mo., 2. März 2026 um 09:00 Uhr schrieb {MAILBOX}:\n",
        f"Am 02.03.26 um 09:00 schrieb {NAME}:\n",
        f"Le lun. 2 mars 2026 à 09:00, {MAILBOX} a écrit :\n",
        f"El lun, 2 mar 2026 a las 9:00, {MAILBOX} escribió:\n",
        f"Il giorno lun 2 mar 2026 alle ore 09:00 {MAILBOX} ha scritto:\n",
        f"Op ma 2 mrt 2026 om 09:00 schreef {MAILBOX}:\n",
        f"W dniu 2.03.2026 o 09:00, {NAME} pisze:\n",
        f"{NAME} wrote on 2/3/2026 9:00:\n",
        f"{NAME} wrote:\n",
        f"> {ON}> \n> Held: a lease\n> \n",
        HEADER,
        f"-----Original Message-----\n{HEADER}",
        f"Gesendet: Montag, 2. März 2026 um 09:00\nVon: {MAILBOX}\nAn: Bob\nBetreff: Held\n",
        f"From:\n{MAILBOX}\nDate:\n2 March 2026\nTo:\nBob\n",
    ],
)
def test_lines_of_a_mail_program_belong_to_the_copy(introduction: str) -> None:
    assert cut(f"Yes\n{introduction}{QUOTED}\nBob") == "Yes\nBob"


@pytest.mark.parametrize("above", [ON.strip() + " ", HEADER.replace("a lease", "a\n lease")])
def test_programs_that_write_on_behind_their_line_or_wrap_it(above: str) -> None:
    assert cut(f"Yes\n{above}{HELD}\nBob") == "Yes\nBob"


@pytest.mark.parametrize(
    "own",
    [
        "PS: not to kim@example.net",
        "Not before 3/12/2026 10:00",
        "Am 3.12. erst senden",
        "On Monday at 10:00",
        "But change what I wrote:",
        "On 2 conditions:",
        "Sent: only after Cleo has agreed",
        "Sent: 3/12/2026",
    ],
)
@pytest.mark.parametrize("introduction", [ON, f"{NAME} wrote:\n", HEADER])
def test_a_line_above_them_is_the_persons(own: str, introduction: str) -> None:
    assert cut(f"Yes\n{own}\n{introduction}{HELD}") == f"Yes\n{own}"


@pytest.mark.parametrize(
    "introduction",
    [
        f"No, wait! {ON}",
        ON.replace(NAME, "Cleo Clark"),
        ON.replace("2026", "2026, if Cleo agrees"),
        HEADER.replace(NAME, "Cleo Clark"),
        HEADER.replace(NAME, "Cleo Clark").replace("Sent: 2 March 2026\nTo: Bob", f"To: {NAME}\nSent: 2 March 2026"),
        f"{ON}No, wait\n",
        f"{ON}Held: not a lease\n",
        f"{HEADER}No, wait\n",
        f"{HEADER}From: Cleo\nNo, wait\n",
    ],
)
def test_other_lines_above_a_copy(introduction: str) -> None:
    """They are text, and what is quoted below them without `>` is no copy."""
    above = introduction.strip().rpartition("\n")[2]
    assert above in (cut(f"Yes\n{introduction}{QUOTED}") or "")
    assert cut(f"Yes\n{introduction}{HELD}") is None


@pytest.mark.parametrize(
    "quoted",
    [
        QUOTED.replace("Example Ltd", "Another Ltd"),
        QUOTED.replace("> * * *", "> * * * No"),
        QUOTED.replace("> *", "No, wait\n> *"),
        QUOTED.replace("> *", ">> No, wait\n> *"),
        f"> No, wait\n{QUOTED}",
        QUOTED.replace("> *", "*"),
    ],
)
def test_what_is_no_copy(quoted: str) -> None:
    """Others may have written between its lines."""
    assert cut(f"Yes\n{ON}{quoted}") is None


@pytest.mark.parametrize(
    "name", ["agreement", "confidential", "confirm", "digest", "held", "impersonation", "payment_change"]
)
def test_notices_that_can_be_answered_begin_with_the_organisation(name: str) -> None:
    """The first line below the subject, behind two empty ones."""
    template = Path(f"config/notices/{name}.txt").read_text("utf-8")
    assert template.partition("\n\n\n")[2].startswith("{{ organisation }}")
