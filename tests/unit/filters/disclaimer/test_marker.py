"""A disclaimer is known again, quoted by mail programs too; a forged mark, and words that nobody sees, are not."""

from __future__ import annotations

import re

import pytest

from gateway.message.edits import render
from gateway.message.mime.parse import parse
from gateway.message.part import Part
from gateway.message.text.written import is_surely_seen
from gateway.services.keyed_hash import HmacHash
from tests.support.builders.disclaimers import HTML, MARKS, TEXT, amended, entity, findings, message, part

PAGE = message(entity("text/html; charset=utf-8", "<html><body><p>Hello</p></body></html>\r\n"))
NEWER = "<p>E-mail is monitored by automated means.</p>\n<p>A sentence that this disclaimer did not have before.</p>"
MARK = "mw_" + MARKS.digest("disclaimer standard")


def page(inside: str) -> bytes:
    return message(entity("text/html; charset=utf-8", f"<html><body>{inside}</body></html>"))


def quoting(html: str) -> bytes:
    """Return a reply as Gmail writes it."""
    head = '<div class="gmail_attr">On Mon, 2 Mar 2026 at 10:00, Ann &lt;ann@example.co.uk&gt; wrote:<br></div>'
    return page(
        f'<div>Thanks</div><div class="gmail_quote">{head}<blockquote class="gmail_quote">{html}</blockquote></div>'
    )


async def sent() -> str:
    """Return the HTML of a message that left."""
    return re.sub(r"(?is)^.*<body>|</body>.*$", "", (await amended(PAGE)).root.text)


async def found_again(raw: bytes, **values: object) -> bool:
    return not await findings(raw, once_per_thread="thread", **values)


@pytest.mark.parametrize(
    ("pattern", "replacement"),
    [
        (r"\A", ""),
        (r'((?:class|name|id)=")', r"\1m_-4711"),  # Gmail
        (r'((?:class|name|id)=")', r"\1x_"),  # Outlook on the web
        (r' (?:class|id|style)="[^"]*"', ""),  # Word keeps the anchor
        (r"\s+", " "),
        ("automated", "<span>auto</span>mated"),
    ],
)
async def test_known_again_as_mail_programs_quote_it(pattern: str, replacement: str) -> None:
    """Mark and words identify it, or the words alone."""
    html = re.sub(pattern, replacement, await sent())
    assert await found_again(quoting(html))
    assert html.count("monitored") <= 1


async def test_known_again_when_its_words_have_changed() -> None:
    """The mark identifies it beside one paragraph that is left; without the mark it is another text."""
    html = await sent()
    assert await found_again(quoting(html), html=NEWER)
    assert not await found_again(quoting(html.replace("mw_", "mv_")), html=NEWER, text=NEWER)


async def test_a_forged_mark_is_ignored() -> None:
    """A mark can't be made without our key."""
    forged = "mw_" + HmacHash(b"x" * 32).digest("disclaimer standard")
    html = (await sent()).replace(MARK, forged)
    assert not await found_again(quoting(html), html=NEWER, text=NEWER)


@pytest.mark.parametrize("hidden", ["display:none", "font-size:0", "visibility:hidden"])
async def test_a_copied_mark_beside_nothing_visible_is_ignored(hidden: str) -> None:
    """Our mark is in every message that leaves: who copies it must show the words too."""
    copied = f'<a name="{MARK}"></a>'
    assert await findings(page(f"<p>Hello</p>{copied}"))
    assert await findings(page(f'<p>Hello</p>{copied}<div style="{hidden}">{HTML}</div>'))
    assert await findings(page(f"<p>Hello</p><!-- {MARK} {HTML} -->"))


async def test_words_that_are_hidden_in_new_text_do_not_count() -> None:
    """The disclaimer is added, and is seen."""
    found = await amended(page(f'<p>Hello</p><div style="display:none">{HTML}</div>'))
    assert found.root.text.count("monitored") == 2


@pytest.mark.parametrize("sign", ["> ", ">", "> > ", "| "])
async def test_known_again_in_plain_text(sign: str) -> None:
    """However it is wrapped and quoted."""
    wrapped = TEXT.replace("by automated", f"by\n{sign}automated").replace(
        "Example Trading", "Example\n" + sign + "Trading"
    )
    quoted = "".join(f"{sign}{line}\r\n" for line in wrapped.split("\n"))
    head = "Thanks\r\n\r\nOn Mon, 2 Mar 2026 at 10:00, Ann <ann@example.co.uk> wrote:\r\n"
    assert await found_again(message(entity("text/plain", head + quoted)))


async def test_the_senders_name_makes_no_difference() -> None:
    """A colleague's disclaimer in the thread is the same one."""
    text = TEXT + "\n\n{{ sender.name }}, who is glad to answer the telephone, {{ sender.phone }}"
    quoted = "".join(f"> {line}\r\n" for line in TEXT.split("\n")) + "> \r\n> Carl Carter, +44 20 7946 0002\r\n"
    head = "Thanks\r\n\r\nOn Mon, 2 Mar 2026 at 10:00, Carl <carl@example.co.uk> wrote:\r\n"
    assert await found_again(message(entity("text/plain", head + quoted)), text=text)


async def test_known_again_in_another_script() -> None:
    """References in HTML hide no word of it, whatever its letters."""
    text = "Это сообщение предназначено только для адресата и может быть конфиденциальным."
    references = text.encode("ascii", "xmlcharrefreplace").decode()
    for words in (text, references):
        html = f"<html><body><p>Hello</p><p>{words}</p></body></html>"
        assert not await findings(message(entity("text/html; charset=utf-8", html)), text=text, html=f"<p>{text}</p>")


@pytest.mark.parametrize(
    "text",
    [
        "This message was written by {{ sender.name }} of Example Limited, whose e-mail is monitored.",
        "Registered in England and Wales.\n{{ sender.name }}\nE-mail is monitored by automated means.",
        "Registered in England and Wales.\n{% if sender.phone %}Ring us before you pay anything.\n{% endif %}E-mail is"
        " monitored by automated means.",
    ],
)
async def test_the_senders_fields_amid_a_paragraph(text: str) -> None:
    """The text around the fields is enough, also for senders of whom less is known."""
    html = "\n".join(f"<p>{line}</p>" for line in text.split("\n"))
    for sender in (b"ann@", b"lab@"):
        for form in (message(entity("text/plain", "Hello\r\n")), PAGE):
            once = await findings(form.replace(b"ann@", sender), text=text, html=html)
            for finding in once:  # of nobody's name the first template makes nothing
                again = render(parse(form), finding.edits)
                assert await findings(again, text=text, html=html) == []
            assert once or sender == b"lab@"


async def test_half_of_it_is_not_it() -> None:
    """All paragraphs that tell it from other text must be there."""
    half = entity("text/plain", "Thanks\r\n\r\n" + TEXT.split("\n\n")[1].replace("\n", "\r\n") + "\r\n")
    assert await findings(message(half))


async def test_the_mark_survives_in_the_part() -> None:
    """The mark is class, name and id, of letters, digits and underscore; every program keeps one of these."""
    html: Part = part(await amended(PAGE), "1")
    assert [name for name in ("class", "name", "id") if f'{name}="{MARK}"' in html.text] == ["class", "name", "id"]
    assert re.fullmatch(r"[a-z]\w{1,39}", MARK)


@pytest.mark.parametrize(
    "style",
    [
        *(
            "color:white",
            "color:#fefefe",
            "color:rgba(0,0,0,.02)",
            "opacity:.01",
            "font-size:1px",
            "max-height:0;overflow:hidden",
        ),
        *(
            "position:absolute;left:-9999px",
            "clip-path:inset(50%)",
            "transform:scale(0)",
            "text-indent:-9999px",
            "mso-hide:all",
        ),
        *("color:#111;background:#000", "filter:opacity(0)", "zoom:.01", "line-height:0;height:0", "margin-top:-900px"),
    ],
)
@pytest.mark.parametrize(
    "page",
    [
        "<p>Hello</p><div style='{style}'>{html}</div>",
        "<style>.x{{{style}}}</style><p>Hello</p><div class=x>{html}</div>",
        "<p>Hello</p><div id=y>{html}</div><style>@media screen {{ #y {{ {style} }} }}</style>",
        "<style>[title] *{{{style} !important}}</style><p>Hello</p><div title=z><div>{html}</div></div>",
    ],
)
async def test_words_that_a_reader_does_not_see_are_no_disclaimer(style: str, page: str) -> None:
    """Words hidden by the sender's own style or by a style sheet don't count: the disclaimer is added."""
    raw = message(entity("text/html; charset=utf-8", page.format(style=style, html=HTML)))
    assert [one.code for one in await findings(raw)] == ["disclaimer.added"]


@pytest.mark.parametrize(
    "page",
    [
        "<body style='color:white;font-size:0;visibility:hidden'><p>Hello</p>",
        "<style>div{display:none!important} p,strong{visibility:hidden!important}</style><p>Hello</p>",
        "<style>body *{color:white!important;opacity:0!important;font-size:0!important}</style><p>Hello</p>",
        "<style>div,p{color:#fff!important;opacity:0!important;left:-9999px!important}</style><p>Hi",
        "<style>div{max-height:0!important;overflow:hidden!important;scale:0!important}</style><p>Hello</p>",
        "<body bgcolor=black text=black><p>Hi<div style='position:fixed;inset:0;background:#000;z-index:9'></div>",
    ],
)
async def test_the_styles_of_the_message_cannot_hide_ours(page: str) -> None:
    """It says itself how it looks, above all that lies over the message."""
    found = await amended(message(entity("text/html; charset=utf-8", page)))
    assert is_surely_seen(found.root.text, "automated means", on_top=True)


@pytest.mark.parametrize("style", ["opacity:.01", "display:none", "transform:scale(0)", "height:0;overflow:hidden"])
async def test_where_nothing_can_be_seen_the_fallback_says_what_becomes_of_it(style: str) -> None:
    """A body that hides whatever is put into it."""
    raw = message(entity("text/html; charset=utf-8", f"<style>body{{{style}}}</style><p>Hello</p>"))
    assert [one.code for one in await findings(raw)] == ["disclaimer.skipped"]
    assert [one.code for one in await findings(raw, fallback="wrap")] == ["disclaimer.added"]


async def test_a_style_sheet_in_a_link_may_hide_all() -> None:
    """It is in the message itself, and isn't read: the fallback says what becomes of the message."""
    page = "<link rel=stylesheet href='data:text/css,*{opacity:0}'><p>Hello</p>"
    found = await findings(message(entity("text/html; charset=utf-8", page)))
    assert [one.code for one in found] == ["disclaimer.skipped"]
