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
    ("text", "line", "placeholder"),
    [
        ("Held\n\n{{ rolle }}\n", 3, "'rolle' is undefined"),
        ("Held\n{% for n in notices %}\n{{ n.subjekt }}\n{% endfor %}\n", 3, "has no attribute 'subjekt'"),
    ],
)
def test_an_unknown_placeholder_is_told_with_its_place(tmp_path: Path, text: str, line: int, placeholder: str) -> None:
    """The file, the line and the placeholder."""
    with pytest.raises(UnknownPlaceholder) as told:
        templates(tmp_path, text).fill("own", {"role": "sender", "notices": [{"subject": "Hi"}]})
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
