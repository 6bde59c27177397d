"""The banner of `external`: where it stands, where it never does, and how replies lose it again."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from pydantic import ValidationError

from filters.external.banner import ALL_REASONS, MIN_WORDS
from filters.external.filter import BANNER_QUOTED, SENDER, External
from filters.external.settings import ExternalSettings
from gateway.contract import Correspondence, Finding, Pair, Way
from gateway.directory.lookup import ConfiguredDirectory
from gateway.message.edits import AddHeader, render
from gateway.message.mime.parse import parse
from tests.corpus import ham
from tests.support.builders.judgement import mail
from tests.support.probes.browser import times_visible

ROOT = Path(__file__).resolve().parents[4]
TEXT, HTML = ((ROOT / f"config/banners/external.{kind}").read_text() for kind in ("txt", "html"))
DIRECTORY = ConfiguredDirectory((), {}, ["example.co.uk"])
EVE = "eve@outside.example"
FIELDS = f"From: Eve <{EVE}>\r\nTo: bob@example.co.uk\r\nSubject: Hello\r\nMIME-Version: 1.0\r\n"
HEAD = "EXTERNAL E-MAIL:"


class Strangers:
    """Correspondents who have never written."""

    async def known(self, pairs: Collection[Pair]) -> Mapping[Pair, Correspondence]:
        return {}

    async def add(self, pairs: Collection[Pair], way: Way, at: object) -> None: ...


def external(text: str = TEXT, html: str = HTML) -> External:
    return External(ExternalSettings(text=text, html=html), DIRECTORY, Strangers(), External.codes)


async def amended(raw: bytes) -> bytes:
    """Return an inbound message as `amend` changes it."""
    about = mail(raw=raw)
    found = await external().check(about)
    return render(about.message, tuple(dict.fromkeys(edit for one in found for edit in one.edits)))


def text_part(text: str, kind: str = "plain", more: str = "") -> str:
    return f"Content-Type: text/{kind}; charset=utf-8\r\n{more}\r\n{text}"


def multi(kind: str, *parts: str, parameters: str = "", boundary: str = "b") -> str:
    pieces = "".join(f"--{boundary}\r\n{part}\r\n" for part in parts)
    return f'Content-Type: multipart/{kind}; boundary="{boundary}"{parameters}\r\n\r\n{pieces}--{boundary}--\r\n'


def whole(entity: str) -> bytes:
    return (FIELDS + entity).encode()


def texts(raw: bytes) -> list[str]:
    """Return the text of each leaf, read by another parser than ours."""
    message = message_from_bytes(raw, policy=policy.default)
    return [
        part.get_content().replace("\r\n", "\n") for part in message.walk() if part.get_content_maintype() == "text"
    ]


PLAIN, PAGE = text_part("Hello Bob\r\n"), text_part("<html><body><p>Hello</p></body></html>\r\n", "html")

CSV = text_part("x,y\r\n", "csv")
ATTACHED = text_part("a\r\n", more='Content-Disposition: attachment; filename="a.txt"\r\n')
HIDDEN = text_part("<html><body style='display:none'><p>Hello</p></body></html>\r\n", "html")
FRAMES = text_part("<html><frameset><frame src='https://x.example'></frameset></html>\r\n", "html")
OPAQUE = "Content-Type: application/pkcs7-mime; smime-type=signed-data\r\n"
WROTE = "Yes.\r\n\r\nOn Mon, 2 Mar 2026, Eve wrote:\r\n"


async def test_a_body_that_hides_doesnt_hide_it() -> None:
    """The banner's own size and visibility keep it visible in a body whose style hides text."""
    body = "<body style='font-size:0;visibility:hidden'><p style='font-size:12px;visibility:visible'>Hello"
    (text,) = texts(await amended(whole(text_part(body, "html"))))
    assert times_visible(text, HEAD) == 1


# --- where it stands -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entity", "with_banner"),
    [
        (PLAIN, [True]),
        (PAGE, [True]),
        (multi("alternative", PLAIN, PAGE), [True, True]),
        (
            multi("mixed", multi("alternative", PLAIN, PAGE, boundary="i"), text_part("x,y\r\n", "csv")),
            [True, True, False],
        ),
        (multi("mixed", PLAIN, text_part("--\r\nA list\r\n")), [True, False]),
        (multi("related", PAGE, "Content-Type: image/png\r\n\r\nx"), [True]),
        (
            multi("mixed", text_part("a\r\n", more='Content-Disposition: attachment; filename="a.txt"\r\n'), PLAIN),
            [False, True],
        ),
        (multi("mixed", PLAIN, "Content-Type: message/rfc822\r\n\r\n" + PLAIN), [True, False]),
    ],
)
async def test_where_the_banner_stands(entity: str, with_banner: list[bool]) -> None:
    """First in every reading of what is written; in no attachment, and in no message inside."""
    sent = await amended(whole(entity))
    found = texts(sent)
    assert [HEAD in text for text in found] == with_banner
    assert all(text.lstrip("\ufeff").startswith((HEAD, "<html><body><div")) for text in found if HEAD in text)


@pytest.mark.parametrize(
    "entity",
    [
        multi("signed", PLAIN, "Content-Type: application/pgp-signature\r\n\r\nx", parameters='; protocol="x"'),
        multi("encrypted", "Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1", "Content-Type: a/b\r\n\r\nx"),
        multi("mixed", multi("signed", PLAIN, "Content-Type: application/pkcs7-signature\r\n\r\nx", boundary="i")),
        multi("mixed", PLAIN, "Content-Type: application/pgp-signature\r\n\r\nx"),
        f"{OPAQUE}Content-Transfer-Encoding: base64\r\n\r\nMIIB\r\n",
        text_part("-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA512\r\n\r\nHello\r\n"),
        text_part("Hi\r\n-----BEGIN PGP MESSAGE-----\r\n\r\nx\r\n"),
        multi("report", PLAIN, "Content-Type: message/delivery-status\r\n\r\nAction: failed\r\n"),
        "Content-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n",
        "Content-Type: application/pdf\r\n\r\n%PDF-1.4\r\n",
        "Content-Type: text/plain; charset=x-nobody-knows\r\n\r\nH\xe9llo\r\n",
        text_part("SGVsbG8@@@=\r\n", more="Content-Transfer-Encoding: base64\r\n"),
        FRAMES,
    ],
)
async def test_where_it_must_not_stand_the_header_says_it(entity: str) -> None:
    """Signed, encrypted, for machines, broken, or where it would not be seen: only a header for each reason."""
    raw = whole(entity)
    found = await external().check(mail(raw=raw))
    assert found
    assert all(isinstance(edit, AddHeader) for one in found for edit in one.edits)
    assert (await amended(raw)).endswith(raw)


async def test_a_body_that_shows_nothing_has_it_first() -> None:
    """Programs that don't honour the body's style show the message, and then the banner too."""
    plain, page = texts(await amended(whole(multi("alternative", PLAIN, HIDDEN))))
    assert plain.startswith(HEAD)
    assert page.startswith("<html><body style='display:none'><div class=\"mailwarden-banner\"")


async def test_an_alternative_of_frames_takes_the_banner_from_all() -> None:
    """No alternative gets the banner if one can't: the choice of the alternative would be a choice of what is shown."""
    entity = multi("alternative", PLAIN, FRAMES)
    assert (await amended(whole(entity))).endswith(whole(entity))


async def test_a_comment_does_not_swallow_the_banner() -> None:
    """A <body> in a comment is no body."""
    (page,) = texts(await amended(whole(text_part("<!-- <body> --><html><body><p>Hi</p></body></html>\r\n", "html"))))
    assert page.index("-->") < page.index(HEAD) < page.index("<p>Hi")


async def test_nothing_else_changes() -> None:
    """The rest of the message byte for byte, but for the fields on top."""
    raw = whole(multi("alternative", PLAIN, PAGE))
    sent = await amended(raw)
    parts = parse(sent).root.children
    for before, after in zip(parse(raw).root.children, parts, strict=True):
        assert after.body.endswith(before.body[-20:])
        assert sent[after.header_start : after.body_start] == raw[before.header_start : before.body_start]


async def test_real_mail_can_be_rendered_with_it() -> None:
    """No offer of a banner is a conflict, which would hold the message; nearly all has one."""
    try:
        messages = ham.sample(300)
    except ham.NoHam as missing:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(missing))
    sent = [await amended(one.raw) for one in messages]
    assert sum(HEAD.encode() in one for one in sent) > 0.8 * len(messages)


async def test_what_the_message_says_is_not_in_the_banner() -> None:
    """Neither name nor address can write into it."""
    raw = whole(PAGE).replace(b"From: Eve", b"From: {{ 7*7 }}<script>")
    page = texts(await amended(raw))[0]
    assert "49" not in page
    assert "<script>" not in page


# --- how it goes again -----------------------------------------------------------------------------------------------


def banners(reasons: frozenset[str]) -> tuple[str, str]:
    return external()._banner.rendered[reasons]


async def reply(entity: str) -> tuple[Sequence[Finding], list[str]]:
    """Return the findings for an outbound message, and its texts without the banner."""
    about = mail("out:eve@outside.example", raw=whole(entity), sender="bob@example.co.uk")
    found = await external().check(about)
    edits = tuple(edit for one in found for edit in one.edits)
    return found, texts(render(about.message, edits))


def quoted(text: str, mark: str = "> ") -> str:
    return "".join(f"{mark}{line}".rstrip() + "\r\n" for line in text.splitlines())


@pytest.mark.parametrize("reasons", ALL_REASONS, ids=lambda reasons: "-".join(sorted(reasons)) or "outside")
async def test_a_plain_reply_loses_the_banner(reasons: frozenset[str]) -> None:
    """Every one of them; what was quoted with it stays."""
    answer = "Hello Eve,\r\n\r\nyes.\r\n\r\nOn Mon, 2 Mar 2026 at 09:30, Eve <eve@outside.example> wrote:\r\n"
    found, (text,) = await reply(text_part(answer + quoted(banners(reasons)[0] + "Shall we?\r\nEve")))
    assert [one.code for one in found] == [BANNER_QUOTED]
    assert text == (answer + quoted("Shall we?\r\nEve")).replace("\r\n", "\n")


@pytest.mark.parametrize("mark", [">", "> > ", ">> ", "| "])
async def test_marks_of_quotation_and_wrapped_lines(mark: str) -> None:
    """Programs put marks before quoted lines, and one of them wraps the lines anew."""
    banner = banners(frozenset({"lookalike"}))[0].replace(" that ", " that\n")
    text = WROTE + quoted(banner + "Shall we?", mark)
    if mark == "| ":
        text = (
            "Yes.\r\n\r\n-----Original Message-----\r\nFrom: Eve\r\nSent: Monday\r\nTo: Bob\r\nSubject: x\r\n\r\n"
            + text
        )
    _, (left,) = await reply(text_part(text))
    assert HEAD not in left
    assert "Be wary" not in left
    assert left.rstrip().endswith("Shall we?")


GMAIL = (
    '<div dir="ltr">Yes.</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">On Mon, Mar 2, 2026 at '
    '9:30 AM Eve &lt;<a href="mailto:e@o.example">e@o.example</a>&gt; wrote:<br></div><blockquote class="gmail_quote" '
    'style="margin:0">{}<p>Shall we?</p></blockquote></div>'
)
OUTLOOK = (
    '<html><body><div class="WordSection1"><p class="MsoNormal">Yes.</p><div style="border:none;border-top:solid '
    '#E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p class="MsoNormal"><b>From:</b> Eve &lt;e@o.example&gt;<br>'
    "<b>Sent:</b> 02 March 2026 09:30<br><b>To:</b> Bob<br><b>Subject:</b> Hello</p></div>{}<p>Shall we?</p></div>"
    "</body></html>"
)
THUNDERBIRD = (
    '<html><body><p>Yes.</p><div class="moz-cite-prefix">On 02/03/2026 09:30, Eve wrote:<br></div><blockquote '
    'type="cite" cite="mid:1@o.example">{}<p>Shall we?</p></blockquote></body></html>'
)


def as_word_has_it(banner: str) -> str:
    """Outlook: no class, paragraphs, blanks that don't break."""
    inner = banner[banner.index(">") + 1 : banner.rindex("</div>")]
    inner = inner.replace("<strong>", "<b><span style='color:#1A1A1A'>").replace("</strong>", "</span></b>")
    inner = inner.replace(" comes ", "&nbsp;comes\n")
    return f"<div style='border:solid #B36B00 1.0pt'><p class=MsoNormal style='margin:0'>{inner}<o:p></o:p></p></div>"


@pytest.mark.parametrize("shape", [GMAIL, OUTLOOK, THUNDERBIRD], ids=["gmail", "outlook", "thunderbird"])
@pytest.mark.parametrize("reasons", [ALL_REASONS[0], ALL_REASONS[-1]], ids=["least", "most"])
@pytest.mark.parametrize("rewritten", [str, as_word_has_it], ids=["as_it_was", "rewritten"])
async def test_a_page_loses_the_banner_with_its_box(shape: str, reasons: frozenset[str], rewritten: type[str]) -> None:
    """Whatever the mail program has made of its markup; the rest is as it was, character for character."""
    banner = rewritten(banners(reasons)[1].strip())
    found, (page,) = await reply(text_part(shape.format(banner), "html"))
    assert [one.code for one in found] == [BANNER_QUOTED]
    assert page.strip() == shape.format("")


async def test_a_box_that_holds_more_stays() -> None:
    """A picture beside the banner is not ours; then the words alone go."""
    banner = banners(ALL_REASONS[0])[1].strip()
    _, (page,) = await reply(text_part(THUNDERBIRD.format(f"<div><img src=x>{banner}</div>"), "html"))
    assert page.strip() == THUNDERBIRD.format("<div><img src=x></div>")
    broken = banner.removesuffix("</div>") + "<p>More"
    _, (page,) = await reply(text_part(THUNDERBIRD.format(broken), "html"))
    assert HEAD not in page
    assert all(piece in page for piece in ("<p>More", "<div class=", "Shall we?"))


@pytest.mark.parametrize(
    "text",
    [
        "On Mon, Eve wrote:\r\n> EXTERNAL E-MAIL: this message comes from outside the organisation.\r\n> Shall we?\r\n",
        WROTE + quoted(TEXT.partition("{%")[0] + "Be wary of links, attachments and requests.\n"),
        WROTE + quoted(banners(ALL_REASONS[0])[0].replace("outside", "within")),
    ],
)
async def test_what_is_no_whole_banner_of_ours_stays(text: str) -> None:
    """One word more, less or other: it may be somebody's own."""
    found, (left,) = await reply(text_part(text))
    assert (list(found), left) == ([], text.replace("\r\n", "\n"))


async def test_what_our_people_write_themselves_stays() -> None:
    """A question to the service desk about the banner does not quote it."""
    text = "Dear service desk, what is this?\r\n\r\n" + banners(ALL_REASONS[0])[0].replace("\n", "\r\n")
    found, (left,) = await reply(text_part(text))
    assert (list(found), left) == ([], text.replace("\r\n", "\n"))


@pytest.mark.parametrize("wrapped", ["signed", "rfc822", "attachment", "inline"])
async def test_sealed_and_attached_texts_keep_it(wrapped: str) -> None:
    """A signed text, or one attached as it came, is left alone."""
    inner = text_part(WROTE + quoted(banners(ALL_REASONS[0])[0]))
    entity = {
        "signed": multi("signed", inner, "Content-Type: application/pgp-signature\r\n\r\nx"),
        "rfc822": multi("mixed", PLAIN, f"Content-Type: message/rfc822\r\n\r\n{inner}"),
        "attachment": multi("mixed", PLAIN, 'Content-Disposition: attachment; filename="a.txt"\r\n' + inner),
        "inline": inner.replace("Yes.", "-----BEGIN PGP SIGNED MESSAGE-----\r\n\r\nYes."),
    }[wrapped]
    found, _ = await reply(entity)
    assert list(found) == []


async def test_both_alternatives_lose_it() -> None:
    """And a banner twenty replies deep goes as often as it stands there."""
    text, page = banners(ALL_REASONS[0])
    plain = WROTE + quoted(text + "A\n" + quoted(text) * 20)
    _, left = await reply(multi("alternative", text_part(plain), text_part(THUNDERBIRD.format(page * 3), "html")))
    assert [HEAD in one for one in left] == [False, False]


async def test_what_goes_in_comes_out() -> None:
    """The very octets that were put in are found again in a reply that quotes them."""
    raw = whole(multi("alternative", PLAIN, PAGE))
    plain, page = texts(await amended(raw))
    inner = page[page.index("<body>") + 6 : page.index("</body>")]
    quoting = (
        text_part(WROTE + quoted(plain)),
        text_part(THUNDERBIRD.format(inner), "html"),
    )
    found, left = await reply(multi("alternative", *quoting))
    assert [one.code for one in found] == [BANNER_QUOTED]
    assert [HEAD in one for one in left] == [False, False]
    assert "> Hello Bob" in left[0]


# --- templates -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("template", "wrong"),
    [
        ("{{ reason }} one two three four five six", "can't be used: 'reason' is undefined"),
        ("{% if %}", "can't be used"),
        (" ".join("word" for _ in range(MIN_WORDS - 1)), "words at least"),
        ("<p>" + " <br> ".join("word" for _ in range(MIN_WORDS - 1)), "words at least"),
        ("{% if 'lookalike' in reasons %}one two three four five six{% endif %}", "words at least"),
        (" ".join("word" for _ in range(MIN_WORDS)), ""),
        (" ".join("word" for _ in range(MIN_WORDS + 1)), ""),
    ],
)
def test_templates(template: str, wrong: str) -> None:
    """They are tried for every set of reasons when the configuration is read."""
    if not wrong:
        assert ExternalSettings(text=template, html=HTML).banner
        return
    with pytest.raises(ValidationError, match=wrong):
        ExternalSettings(text=template, html=HTML)


async def test_a_template_of_the_administrators_own() -> None:
    """Its banner is known again too."""
    own = "Achtung: Diese Nachricht kommt von außerhalb des Hauses.\n"
    about = mail(raw=whole(PLAIN))
    made = External(ExternalSettings(text=own, html=f"<p>{own}</p>"), DIRECTORY, Strangers(), {SENDER})
    found = await made.check(about)
    (sent,) = texts(render(about.message, found[0].edits))
    assert sent.startswith("Achtung")
    back = mail("out:eve@outside.example", raw=whole(text_part("Ja.\r\n\r\nAm Mo. schrieb Eve:\r\n" + quoted(sent))))
    (gone,) = await made.check(back)
    assert "Achtung" not in texts(render(back.message, gone.edits))[0]
