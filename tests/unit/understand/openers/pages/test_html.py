"""HTML and SVG: data: URIs, files written out in scripts, smuggling; and the pages that are none of it."""

from __future__ import annotations

import html
import zipfile
from io import BytesIO

import pytest

from gateway.understand.member import Unreadable
from gateway.understand.openers.pages import gathering
from gateway.understand.openers.pages.decoded_scripts import MAX_LAYERS
from gateway.understand.openers.pages.html import HTML, MIN_URI_BYTES
from gateway.understand.openers.pages.payloads import MAX_STARTS
from tests.corpus.nested_pages import page
from tests.corpus.payloads import STUB
from tests.corpus.wrapping import data_uri as uri
from tests.corpus.wrapping import letters, listed
from tests.support.probes.opener import Opened, fits, opened

PNG = b"\x89PNG\r\n\x1a\n" + bytes(3000)
SAVE = b"var b=new Blob([u]);a.href=URL.createObjectURL(b);a.download='a.zip';a.click();"


def of(content: bytes, name: str = "a.html") -> Opened:
    return opened(HTML, content, name)


def script(text: bytes) -> Opened:
    return of(page(b"<script>" + text + b"</script>"))


# --- data: URIs ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "tag",
    [
        b'<a href="%b">',
        b"<a href='%b'>",
        b"<a href=%b>",
        b"<p style='background:url(%b)'>",
        b'<iframe src="%b"/>',
        b"<style>p{background:url(%b)}</style>",
    ],
)
def test_where_a_uri_may_stand(tag: bytes) -> None:
    """A URI may stand in quotes, without quotes, or in brackets, and ends where they do."""
    found = of(page(tag % uri(STUB)))
    assert (found.contents, found.codes) == ((STUB,), ())


@pytest.mark.parametrize(
    "tag",
    [
        b'<a download="x.exe" href="%b">',
        b"<a href='%b' download=x.exe>",
        b"<a class=x DOWNLOAD = 'x.exe' href=%b >",
        b'<a href="%b" download="x&#46;exe">',
    ],
)
def test_the_name_it_is_saved_by(tag: bytes) -> None:
    """The `download` attribute of its tag, before or behind it."""
    assert of(page(tag % uri(STUB))).names == (("x.exe",),)


def test_a_name_in_the_uri_itself() -> None:
    """The name is a parameter of the URI."""
    named = uri(STUB).replace(b";base64", b";name=x%2Eexe;base64")
    assert of(page(b"<a href='%b'>" % named)).names == (("x.exe",),)


@pytest.mark.parametrize(
    "written",
    [
        uri(STUB).replace(b"data:", b"DaTa:"),
        uri(STUB).replace(b"data:", b"da\r\n\tta:"),
        uri(STUB).replace(b"data:", b"&#100;ata&colon;"),
        uri(STUB).replace(b"+", b"%2B").replace(b"/", b"%2f"),
        uri(STUB).replace(b"+", b"-").replace(b"/", b"_"),
        uri(STUB).replace(b"=", b""),
        uri(STUB)[:200] + b"\r\n   " + uri(STUB)[200:],
        uri(STUB).replace(b"application/octet-stream", b"text/plain;charset=utf-8"),
        uri(STUB).replace(b"application/octet-stream", b""),
        b"data:," + b"".join(b"%%%02X" % octet for octet in STUB),
    ],
)
def test_how_a_uri_may_be_written(written: bytes) -> None:
    """Browsers read each form."""
    assert STUB in of(page(b'<a href="' + written + b'">')).contents


@pytest.mark.parametrize(
    "head",
    [
        b"a>b;base64",
        b"application/octet-stream" + b"x" * 300 + b";base64",
        b"a/b" + b";c=d" * 20 + b";base64",
        b"a b/c;d=e>f;base64",
        b"a/b;c='d';base64",
    ],
    ids=["bracket", "long", "many", "blank", "quotes"],
)
def test_browsers_read_any_head(head: bytes) -> None:
    """The octets of a quoted value are those behind the comma, whatever type is declared."""
    assert of(page(b'<a href="data:' + head + b"," + letters(STUB) + b'">')).contents == (STUB,)


@pytest.mark.parametrize(("octets", "members"), [(MIN_URI_BYTES - 1, 0), (MIN_URI_BYTES, 1), (MIN_URI_BYTES + 1, 1)])
def test_small_uris_are_icons(octets: int, members: int) -> None:
    """Unless they are programs, or are saved under a name."""
    assert len(of(page(b"<a href='%b'>" % uri(b"x" * octets))).members) == members


def test_a_small_uri_with_a_name_is_a_file() -> None:
    """The name may be a program's."""
    assert of(page(b"<a download=x.bat href='%b'>" % uri(b"x"))).names == (("x.bat",),)


def test_pictures_are_left() -> None:
    """The page's own pictures are left, whatever type they declare."""
    assert of(page(b"<img src='%b'>" % uri(PNG, b"image/png"))).members == ()


@pytest.mark.parametrize("count", [2, 3, 4])
def test_how_many_uris_are_read(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than the limit are not passed over in silence."""
    monkeypatch.setattr(gathering, "MAX_URIS", 3)
    content = page(b"".join(b"<a href='data:,%d'>" % number for number in range(count)))
    if count > 3:
        with pytest.raises(Unreadable):
            of(content)
    else:
        assert of(content).codes == ()


@pytest.mark.parametrize("text", [b"data:", b"data:text/plain", b"data: all of it, and more", b"http://x.test/data:,"])
def test_what_is_no_uri(text: bytes) -> None:
    """Words with a colon behind, or nothing worth a file."""
    assert of(page(text)).members == ()


# --- files in scripts ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        b"x='%b'" % letters(STUB),
        b"x=atob(`%b`)" % b"\n".join([letters(STUB)[:100], letters(STUB)[100:]]),
        b"x='%b'" % letters(STUB)[::-1],
        b"x='%b' + '%b'" % (letters(STUB)[:99], letters(STUB)[99:]),
        b"x='%b'.concat('%b')" % (letters(STUB)[:99], letters(STUB)[99:]),
        b"x=['%b', '%b']" % (letters(STUB)[:11], letters(STUB)[11:]),
        b"x='%b'" % STUB.hex().upper().encode("ascii"),
        b"x=[%b]" % listed(list(STUB)),
        b"x=[%b]" % listed([octet - 256 if octet > 127 else octet for octet in STUB]),
        b"x=[ %b ]" % b", ".join(b"0x%X" % octet for octet in STUB),
        b'x="%b"' % b"".join(b"\\x%02X" % octet for octet in STUB),
        b'x="%b"' % b"".join(b"\\u00%02x" % octet for octet in STUB),
        b'x=unescape("%b")' % b"".join(b"%%%02X" % octet for octet in STUB),
    ],
)
def test_a_program_written_out(text: bytes) -> None:
    """A program in any of a script's ways to write octets comes out, and the page smuggles."""
    found = script(text)
    assert found.contents[0] is not None
    assert found.contents[0].startswith(STUB)
    assert found.codes == ("html.smuggling",)


def test_an_archive_written_out() -> None:
    """An archive comes out as well."""
    held = BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("evil.exe", STUB)
    assert script(b"x='%b'" % letters(held.getvalue())).codes == ("html.smuggling",)


def test_a_disk_image_written_out() -> None:
    """Its mark stands 32 KB into it."""
    image = bytes(32_769) + b"CD001" + bytes(100)
    assert script(b"x='%b'" % letters(image)).contents == (image,)


def test_a_file_that_a_script_fetches_from_the_page() -> None:
    """Wherever it stands."""
    assert of(page(b"<div hidden>%b</div><script>go()</script>" % letters(STUB))).codes == ("html.smuggling",)


def test_letters_in_a_page_without_scripts() -> None:
    """Nobody puts them together."""
    assert of(page(b"<p>%b</p><a href='data:,'>" % letters(STUB))).codes == ()


def test_a_page_written_by_a_script_is_a_page_of_its_own() -> None:
    """Its own scripts are looked at in turn."""
    inner = page(b"<script>go()</script>")
    found = script(b"document.write(atob('%b'))" % letters(inner))
    assert [(member.content, member.media_type) for member in found.members] == [(inner, "text/html")]
    assert found.codes == ()


# --- smuggling -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layers", [1, 2, MAX_LAYERS])
def test_scripts_in_scripts(layers: int) -> None:
    """Text that a script writes out is read as a script, and so is the text that this one writes out."""
    text = b"u=atob(x);" + SAVE
    for _ in range(layers):
        text = b"eval(atob('%b'))" % letters(text)
    assert script(text).codes == ("html.smuggling",)


#: A table of pieces of a script, in one of which strings are added to one another.
TABLE = (
    rb"""var t=['click()','IGE"+"gcGFnZSBwdX"+','var s=atob("UEs','=ob.x(a);',"d='n.zip';a",'b([u]);var a=',"""
    rb"""'return \'c\'.x(','(0)});var b','+"hpdmUgbnVtY"+"mVy'],o=[2,1,0],z='';"""
    rb"""for(k of o)z+=t[k];Function(z)()"""
)


@pytest.mark.parametrize(
    "text",
    [
        page(b"<script>%b</script>" % TABLE),
        page(b'<script>setTimeout("%b",1)</script>' % TABLE.replace(b"\\'", b"").replace(b'"', b'\\"')),
        page(
            b"<iframe src='data:text/html,<script>eval(name)</script>' name='%b'></iframe>"
            % html.escape(TABLE.decode()).encode()
        ),
    ],
)
def test_pieces_of_a_script_in_a_table(text: bytes) -> None:
    assert of(text).codes == ("html.smuggling",)


@pytest.mark.parametrize(
    "run",
    [
        b"Reflect.construct(Function,[t])()",
        b"e=Function;e(t)()",
        b"Function.call(0,t)()",
        b"Function/**/(t)()",
        b"e=(()=>{}).constructor;e(t)()",
        b"var {constructor:e}=()=>{};e(t)()",
        b"(()=>{}).constructor?.(t)()",
        rb"""eval("\")".slice(2)+t)""",
        b"location.href='javascript:'+t",
        b"document.body.setAttribute('onclick',t)",
        b"f.srcdoc=t",
        b"f.src='data:text/html,'+encodeURIComponent(t)",
        b"r.createContextualFragment(t)",
    ],
)
def test_texts_that_are_run(run: bytes) -> None:
    """Whatever a script calls by another name to run what it decodes."""
    assert script(b"t=atob('%b').split('');%b" % (letters(bytes(range(128, 250))), run)).codes == ("html.smuggling",)


def test_names_of_variables() -> None:
    """The script hides its actions, and writes out something big."""
    hidden = b"var a='x',b='y';window[ a + b ]('%b')"
    assert script(hidden % letters(bytes(range(256)) * 6)).codes == ("html.smuggling",)
    assert script(hidden % b"small").codes == ()


@pytest.mark.parametrize("before", [b"--", b"a", b"abcdefghij"])
def test_letters_right_before_a_program(before: bytes) -> None:
    """A word or the dashes of a comment shift nothing."""
    assert STUB in script(b"go('%b%b')" % (before, letters(STUB))).contents


def test_many_beginnings() -> None:
    """More places than are tried in one run of letters are said to be unread."""
    with pytest.raises(Unreadable):
        script(b"go('%b')" % (b"TVqQ" * (MAX_STARTS + 1)))


@pytest.mark.parametrize(
    "text",
    [
        b"u=atob(x);" + SAVE,
        b"u=x.map(c=>String.fromCharCode(c));" + SAVE,
        b"u=new Uint8Array(x);navigator.msSaveBlob(new Blob([u]),'a.zip')",
        b"u=parseInt(x, 16);location.href=URL.createObjectURL(new File([u],'a.iso'))",
        (b"u=atob(x);" + SAVE).replace(b"Blob", b"\\x42lob"),
        (b"u=window['at'+'ob'](x);" + SAVE).replace(b"new Blob", b"new window['Bl' + \"ob\"]"),
        b"u=atob(x);a.setAttribute('download','a.zip');a.href='data:application/zip;base64,'+u",
        b"window.location.href = 'data:application/zip;base64,' + unescape(x)",
        b"u=Int8Array.from(x,n=>D.indexOf(n));" + SAVE,
        b"fetch(i.src).then(r=>r.arrayBuffer()).then(u=>{" + SAVE + b"})",
        b"F=File;location.href=URL.createObjectURL(new F([atob(x)],'a.zip'))",
        b"new Response(atob(x),h).formData().then(f=>{a.href=URL.createObjectURL(f.get('f'))})",
        b"q='data:application/zip;base64,'+atob(x);location.href=q",
        b"f.src=`data:application/zip;base64,${atob(x)}`",
        b"Object.assign(a,{download:'a.zip',href:'data:text/x;base64,'+atob(x)})",
        b"[a.href,a.download]=['data:text/x;base64,'+atob(x),'a.zip']",
        b"a.href='data:text/x;base64,'+atob(x);a.download||='a.zip'",
        b"u=x;saveAs(u,'%b')" % letters(bytes(range(256)) * 6),
    ],
)
def test_a_file_put_together_and_handed_out(text: bytes) -> None:
    """Both have to be there."""
    assert script(text).codes == ("html.smuggling",)


@pytest.mark.parametrize(
    "text",
    [
        SAVE,
        b"u=atob(x);v=String.fromCharCode(65)",
        b"w=new Worker(URL.createObjectURL(new Blob(['1'])));u=decodeURIComponent(x)",
        b"a.href='data:text/csv;charset=utf-8,'+encodeURIComponent(t);a.download='t.csv'",
        b"img.src='data:image/png;base64,'+x;u=atob(x)",
        b"(function(){var s=document.createElement('script');s.src='https://x.test/t.js'})()",
        b"var font='data:font/woff2;base64,%b';" % letters(b"wOF2" + bytes(range(256)) * 8),
    ],
)
def test_one_half_alone(text: bytes) -> None:
    """Is in many a harmless page."""
    assert script(text).codes == ()


# --- what it looks at ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.htm", "a.SHTML", "a.xhtml", "a.svg", "a.xml", "a.dat", ""])
def test_pages_by_name_and_by_look(name: str) -> None:
    """Whatever they are called."""
    assert of(page(b"<script>u=atob(x);" + SAVE + b"</script>"), name).codes == ("html.smuggling",)


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
def test_wide_characters(codec: str) -> None:
    """Wide characters are read with a mark or without."""
    content = page(b"<a href='%b'>" % uri(STUB)).decode("ascii").encode(codec)
    assert of(content).contents == (STUB,)


def test_a_page_without_signs_is_left() -> None:
    """It costs a search."""
    assert not fits(HTML, page(b"<p>Hello, <b>you</b>. Description: data.</p>"), "a.html")


def test_text_about_scripts_is_no_page() -> None:
    """It doesn't begin like one."""
    assert not fits(HTML, b"Use <script>atob()</script> and data:text/plain,x\r\n", "a.txt")


SVG = b'<?xml version="1.0"?>\r\n<!-- made by hand --><svg xmlns="http://www.w3.org/2000/svg"%b>%b</svg>'


@pytest.mark.parametrize(
    "picture",
    [
        SVG % (b"", b"<script>location='https://x.test'</script>"),
        SVG % (b"", b"<script href='https://x.test/a.js'/>"),
        SVG % (b" onload='go()'", b""),
        SVG % (b"", b"<a href='javascript:go()'/>"),
        SVG % (b"", b"<foreignObject><form action='https://x.test'/></foreignObject>"),
    ],
)
def test_pictures_with_scripts(picture: bytes) -> None:
    """A drawing has no need of them."""
    assert of(picture, "a.svg").codes == ("html.smuggling",)


@pytest.mark.parametrize(
    "picture",
    [
        SVG % (b"", b"<rect/>"),
        SVG % (b"", b"<foreignObject><div>A box</div></foreignObject>"),
        SVG % (b"", b"<image href='%b'/>" % uri(PNG, b"image/png")),
    ],
)
def test_drawings(picture: bytes) -> None:
    """Are left."""
    found = of(picture, "a.svg")
    assert (found.members, found.codes) == ((), ())
