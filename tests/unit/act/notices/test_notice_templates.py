"""Templates of notices: filled in as plain text; a mistake in one is told with its place."""

from __future__ import annotations

from pathlib import Path

import pytest
from jinja2.exceptions import SecurityError

from gateway.act.notices.notice_templates import COMMAND_MARK, NoticeTemplates, UnknownPlaceholder


def templates(folder: Path, text: str) -> NoticeTemplates:
    (folder / "own.txt").write_text(text)
    return NoticeTemplates({"own": folder / "own.txt"})


def test_text_is_filled_in_as_it_is(tmp_path: Path) -> None:
    """Nothing is escaped, and no word from outside is a template."""
    filled = templates(tmp_path, "Held\n{% if n %}\n{{ n.subject }}\n{% endif %}\n").fill(
        "own", {"n": {"subject": "<b> {{ contact }}"}}
    )
    assert filled == "Held\n<b> {{ contact }}\n"


def test_commands_are_marked(tmp_path: Path) -> None:
    """By the template's backticks alone: those of words from outside are their own."""
    filled = templates(tmp_path, "Do `mailwarden status` for {{ subject }}").fill("own", {"subject": "`x`"})
    assert filled == f"Do {COMMAND_MARK}mailwarden status{COMMAND_MARK} for `x`"


def test_names(tmp_path: Path) -> None:
    """The common notice has the empty name."""
    (tmp_path / "held.txt").write_text("{{ role }}")
    common = NoticeTemplates({"": tmp_path / "held.txt"})
    assert ("" in common, "own" in common) == (True, False)
    assert common.fill("", {"role": "sender"}) == "sender"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("{% for n in notices %}{{ n.id }}{% endfor %}", True),
        ('{{ notices[0]["id"] }}', True),
        ("{{ id }} {{ n.idle }} n.id", False),
    ],
)
def test_facts_that_a_template_names(tmp_path: Path, text: str, named: bool) -> None:
    assert templates(tmp_path, text).names("own", "id") == named


@pytest.mark.parametrize(
    ("text", "line", "placeholder"),
    [
        ("Held\n\n{{ rolle }}\n", 3, "unknown placeholder rolle"),
        (
            "Held\n{% for n in notices %}\n{{ n.subjekt }}\n{% endfor %}\n",
            3,
            "unknown placeholder subjekt (did you mean subject?); known are id, subject",
        ),
    ],
)
def test_an_unknown_placeholder_is_told_with_its_place(tmp_path: Path, text: str, line: int, placeholder: str) -> None:
    """The file, the line and the placeholder."""
    with pytest.raises(UnknownPlaceholder) as told:
        templates(tmp_path, text).fill("own", {"role": "sender", "notices": [{"subject": "Hi", "id": "1"}]})
    assert str(told.value).startswith(f"{tmp_path / 'own.txt'}:{line}: ")
    assert placeholder in str(told.value)


def test_a_template_can_do_nothing_else(tmp_path: Path) -> None:
    """It runs in Jinja2's sandbox."""
    with pytest.raises(SecurityError):
        templates(tmp_path, "{{ role.__class__.__mro__ }}").fill("own", {"role": "sender"})


def test_a_file_is_read_once(tmp_path: Path) -> None:
    """A later text of it counts from the next reload on."""
    (tmp_path / "own.txt").write_text("{{ role }}")
    templates = NoticeTemplates({"own": tmp_path / "own.txt"})
    (tmp_path / "own.txt").write_text("{% if %}")
    assert templates.fill("own", {"role": "sender"}) == "sender"


SAMPLES = [{"role": role, "notices": [{"subject": "Hi", "id": "1"}]} for role in ("sender", "reviewer")]


@pytest.mark.parametrize(
    ("text", "line", "sentence"),
    [
        (
            "Held\n{% if role == 'nobody' %}\n{{ rolle }}\n{% endif %}",
            3,
            "unknown placeholder rolle (did you mean role?); known are notices, role",
        ),
        (
            "Held\n{% if role == 'reviewer' %}\n{{ notices[0].subjekt }}\n{% endif %}",
            3,
            "unknown placeholder subjekt (did you mean subject?); known are id, subject",
        ),
        ("Held\n{{ role|upcase }}", 2, "No filter named 'upcase'."),
        ("Held\n{% if role %}", 2, "Unexpected end of template."),
        ("Held\n\n{{ role + 1 }}", 3, "can only concatenate str"),
        ("{{ role.__class__.__mro__ }}", 1, "is unsafe"),
    ],
)
def test_mistakes_are_found_before_a_notice_is_made(tmp_path: Path, text: str, line: int, sentence: str) -> None:
    """Each once, with its place: in branches of every sample, unknown names in all branches."""
    (told,) = templates(tmp_path, text).mistakes("own", "held_notice", SAMPLES)
    assert (told.file, told.line, told.path) == (tmp_path / "own.txt", line, "held_notice")
    assert sentence in told.sentence


def test_all_mistakes_are_found_at_once(tmp_path: Path) -> None:
    """Each unknown name, at the top and beside others; a line that fails for the want of one is told once."""
    text = (
        "Held\n{% for n in notices %}\n{{ n.subjekt }}\n{{ rolle }} {{ n.idd }}\n{% endfor %}\n"
        "{% if role == 'reviewer' %}{{ role + 1 }}{% endif %}\n{{ notices[0].nummer + 1 }}\n"
    )
    told = templates(tmp_path, text).mistakes("own", "held_notice", SAMPLES)
    assert [(one.line, one.sentence.split(";")[0]) for one in told] == [
        (4, "unknown placeholder rolle (did you mean role?)"),
        (3, "unknown placeholder subjekt (did you mean subject?)"),
        (4, "unknown placeholder idd (did you mean id?)"),
        (7, "unknown placeholder nummer"),
        (6, 'can only concatenate str (not "int") to str'),
    ]
    assert SAMPLES[0] == {"role": "sender", "notices": [{"subject": "Hi", "id": "1"}]}


def test_a_right_template_has_no_mistakes(tmp_path: Path) -> None:
    """Names that Jinja2 itself provides are known, and those that the template makes, in one branch too."""
    text = (
        "Held\n{% for n in notices %}{{ loop.index }} {{ n.subject }} {{ range(3)|list }}{% endfor %}"
        "{% if role == 'sender' %}{% set who = 'you' %}{{ who }}{% endif %}"
    )
    assert templates(tmp_path, text).mistakes("own", "held_notice", SAMPLES) == []
