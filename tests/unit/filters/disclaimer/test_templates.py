"""Templates: what may stand in one, how it is filled in, and what is left out where nothing is known."""

from __future__ import annotations

import re

import pytest

from filters.disclaimer.templates import MAX_CHARACTERS, Sender, as_html, sender_of, template
from gateway.contract import Organisation
from tests.support.builders.disclaimers import ANN, ORGANISATION, settings, shipped

KNOWN = sender_of(ANN, "ann@example.co.uk")


def filled(
    source: str, sender: Sender = KNOWN, organisation: Organisation = ORGANISATION, *, html: bool = False
) -> str:
    return template(source, html=html)(sender, organisation)


def test_fields_are_filled_in() -> None:
    """The fields come from the directory and the organisation; conditions work."""
    assert filled("{{ sender.name }} at {{ organisation.name }}") == "Ann Archer at Example Ltd"
    assert filled("{% if sender.phone %}Call {{ sender.phone }}{% endif %}") == "Call +44 20 7946 0001"


def test_values_are_escaped_in_html_alone() -> None:
    """A name is never markup."""
    eve = Sender(name='<b onclick="x">&')
    assert filled("<p>{{ sender.name }}</p>", eve, html=True) == "<p>&lt;b onclick=&#34;x&#34;&gt;&amp;</p>"
    assert filled("{{ sender.name }}", eve) == '<b onclick="x">&'


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("A\nPhone: {{ sender.phone }}\nB", "A\nB"),
        ("A\n\n{{ sender.title }}\n\nB", "A\n\nB"),
        ("{{ sender.title }}, {{ organisation.name }}", "Example Ltd"),
        ("{{ organisation.name }}, {{ sender.title }}", "Example Ltd"),
        ("{{ organisation.name }} | {{ sender.title }} | {{ organisation.contact }}", "Example Ltd | IT <it@x>"),
        ("{{ organisation.name }} ({{ sender.title }})", "Example Ltd"),
        ("{{ sender.title }}; {{ sender.phone }}; {{ organisation.name }}", "Example Ltd"),
        ("{{ sender.title }}, {{ sender.phone }}", ""),
        ("<br>{{ sender.title }}", ""),
    ],
)
def test_a_line_of_nothing_but_empty_fields_goes(source: str, expected: str) -> None:
    """Such a line goes with its label; other lines lose the separators of empty fields."""
    assert filled(source, Sender(), Organisation(name="Example Ltd", contact="IT <it@x>")) == expected


def test_a_value_is_one_line() -> None:
    """Whatever the directory has."""
    assert filled("{{ sender.name }}!", Sender(name="Ann\r\nBcc: x\ue000")) == "Ann Bcc: x!"


@pytest.mark.parametrize("html", [False, True])
@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("{{ sender.nam }}", "line 1: 'sender.nam' is undefined (did you mean 'sender.name'?)"),
        ("a\n{% if sender.phone %}{{ organisation.fax }}{% endif %}", "line 2: 'organisation.fax' is undefined"),
        ("{{ organization.name }}", "line 1: 'organization' is undefined (did you mean 'organisation'?)"),
        ("\n{{ recipient }}", "line 2: 'recipient' is undefined"),
        ("{{ organisation.timezone }}", "'organisation.timezone' is undefined"),
        ("{{ sender.name", "the template can't be used: line 1"),
        ("{% include 'x' %}", "the template can't be used"),
        ("{{ sender.name.__class__.__mro__ }}", "the template can't be used"),
        ("{{ sender['fax'] }}", "the template can't be used"),
        ("{{ 1 / 0 }}", "the template can't be used"),
    ],
)
def test_templates_that_are_refused(source: str, sentence: str, html: bool) -> None:
    """At the start, in branches that aren't taken too, with the line."""
    with pytest.raises(ValueError, match=re.escape(sentence)):
        template(source, html=html)


@pytest.mark.parametrize(
    ("length", "taken"), [(MAX_CHARACTERS - 1, True), (MAX_CHARACTERS, True), (MAX_CHARACTERS + 1, False)]
)
def test_the_length_of_a_template_is_limited(length: int, taken: bool) -> None:
    """It is added to every message."""
    if taken:
        assert settings(text="x" * length).text
    else:
        with pytest.raises(ValueError, match="at most 20000"):
            settings(text="x" * length)


def test_html_made_from_text() -> None:
    """Paragraphs and line breaks, nothing else."""
    assert as_html("a < b\nc\n\nd") == (
        '<p style="margin:0 0 1em">a &lt; b<br>\nc</p>\n<p style="margin:0 0 1em">d</p>'
    )


# --- as shipped ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["text", "html"])
def test_the_shipped_one_has_what_the_law_and_the_policy_ask_for(form: str) -> None:
    """Registered particulars, monitoring, and what to do with misdirected mail."""
    words = " ".join(filled(shipped()[form], html=form == "html").split())
    for particular in ("Example Trading Limited", "01234567", "1 High Street, Exampleton EX1 1EX", "England and Wales"):
        assert particular in words
    assert "is monitored, by automated means too" in words
    assert "reached you in error, please tell the sender" in words
    assert "it@example.co.uk" in words


@pytest.mark.parametrize("form", ["text", "html", "personal_text", "personal_html"])
def test_the_shipped_ones_without_particulars(form: str) -> None:
    """Fields that aren't configured leave no trace."""
    words = filled(shipped()[form], Sender(), Organisation(name="Ex", registered_name="Ex"), html=form.endswith("html"))
    assert not any(trace in words for trace in ("Registered in", "number:", "office:", "tell us", "\n\n\n", "\ue000"))
    assert max(map(len, words.encode().splitlines())) < 900
    assert words.isascii()


@pytest.mark.parametrize("form", ["personal_text", "personal_html"])
def test_the_shipped_one_for_personal_mail(form: str) -> None:
    """Says whom it doesn't bind, and that it is monitored all the same."""
    words = " ".join(filled(shipped()[form], html=form.endswith("html")).split())
    assert "not written on behalf of Example Ltd" in words
    assert "is monitored" in words
