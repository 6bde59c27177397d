"""Rows C15 and C16: pages with files in them, pages that put files together, and ordinary pages."""

from __future__ import annotations

import base64
from collections.abc import Iterator

from tests.corpus.case import Case
from tests.corpus.nested_made import (
    PROGRAM,
    SMUGGLING,
    Variants,
    attached,
    found,
    passing,
    zipped,
)
from tests.corpus.payloads import STUB, message, multipart, part
from tests.corpus.wrapping import (
    data_uri,
    letters,
    listed,
)


def cases() -> Iterator[Case]:
    yield from _pages()
    yield from _smuggling()
    yield from _ordinary_pages()


def page(inside: bytes) -> bytes:
    return b"<!DOCTYPE html><html><head><title>t</title></head><body>" + inside + b"</body></html>\r\n"


def _pages() -> Iterator[Case]:
    link = b'<a download="%b" href="%b">here</a>'
    uris = {
        "download": page(link % (b"x.exe", data_uri(STUB))),
        "by-name": page(link % (b"x.exe", data_uri(b"no program at all", b"text/plain"))),
        "zip": page(link % (b"x.zip", data_uri(zipped(b"evil.exe", STUB), b"application/zip"))),
        "embed": page(b'<embed src="%b">' % data_uri(STUB)),
        "object": page(b"<object data='%b'></object>" % data_uri(STUB)),
        "unquoted": page(b"<a href=%b download=x.exe>here</a>" % data_uri(STUB)),
        "style": page(b'<p style="background: url(%b)">x</p>' % data_uri(STUB, b"image/png")),
        "percent": page(link % (b"x", b"data:application/octet-stream," + b"".join(b"%%%02x" % o for o in STUB))),
        "upper-case": page(link % (b"x", data_uri(STUB).replace(b"data:", b"DATA:").replace(b"base64", b"BASE64"))),
        "references": page(link % (b"x", data_uri(STUB).replace(b"data:", b"&#100;ata&#x3a;"))),
        "broken-up": page(link % (b"x", data_uri(STUB).replace(b"data", b"da\r\nta"))),
        "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><a href="%b"><text>x</text></a></svg>' % data_uri(STUB),
    }
    yield from found("C15", PROGRAM, ((f"file-{what}", attached(b"a.html", one)) for what, one in uris.items()))
    body = message(uris["download"], b"Content-Type: text/html")
    wide = b"\xff\xfe" + uris["download"].decode("ascii").encode("utf-16-le")
    yield from found("C15", PROGRAM, [("body", body), ("by-look", attached(b"a.dat", uris["download"]))])
    yield from found("C15", PROGRAM, [("utf-16", attached(b"a.htm", wide))])


def _smuggling() -> Iterator[Case]:
    save = b"var b=new Blob([u],{type:'application/zip'});var a=document.createElement('a');"
    save += b"a.href=URL.createObjectURL(b);a.download='invoice.zip';a.click();"
    secret = letters(bytes((octet ^ 0x5A) for octet in STUB * 4))
    decode = b"var s=atob('%b'),u=new Uint8Array(s.length);for(var i=0;i<s.length;i++)u[i]=s.charCodeAt(i)^90;"
    backwards, halves = letters(STUB)[::-1], letters(STUB)
    numbers = listed(list(STUB))
    scripts = {
        "blob": decode % secret + save,
        "no-decoder-but-letters": b"var u=mine('%b');" % secret + save,
        "explorer": decode % secret + b"navigator.msSaveOrOpenBlob(new Blob([u]),'a.zip');",
        "escaped-words": (decode % secret + save)
        .replace(b"Blob", b"\\x42lob")
        .replace(b"createObj", b"create\\u004fbj"),
        "split-words": decode % secret
        + b"var b=new window['Bl'+'ob']([u]);a.href=URL['create'+'ObjectURL'](b);a.click()",
        "location": b"window.location='data:application/octet-stream;base64,'+btoa(unescape('%41'));",
        "file": decode % secret + b"var f=new File([u],'a.iso');location.href=URL.createObjectURL(f);",
    }
    yield from found("C16", SMUGGLING, _script_pages(scripts.items()))
    written = {
        "base64": b"var x='%b';" % letters(STUB),
        "reversed": b"var x='%b'.split('').reverse().join('');" % backwards,
        "joined": b"var x='%b'+\n'%b';" % (halves[:300], halves[300:]),
        "list": b"var x=['%b','%b'].join('');" % (halves[:20], halves[20:]),
        "hex": b"var x='%b';" % STUB.hex().encode("ascii"),
        "numbers": b"var x=[%b];" % numbers,
        "char-codes": b"var x=String.fromCharCode(%b);" % numbers,
        "hex-numbers": b"var x=new Uint8Array([%b]);" % b",".join(b"0x%02x" % octet for octet in STUB),
        "escapes": b'var x="%b";' % b"".join(b"\\x%02x" % octet for octet in STUB),
        "percents": b'var x=unescape("%b");' % b"".join(b"%%%02x" % octet for octet in STUB),
        "lines": b"var x=`%b`;" % base64.encodebytes(STUB),
    }
    yield from found("C16", SMUGGLING | PROGRAM, _script_pages((f"literal-{k}", one) for k, one in written.items()))
    hidden = page(b"<textarea hidden id=t>%b</textarea><script>go(t.value)</script>" % letters(STUB))
    inner = page(b"<script>var x='%b';</script>" % letters(STUB))
    wrapped = page(b"<script>document.write(atob('%b'))</script>" % letters(inner))
    framed = page(b'<iframe srcdoc="%b"></iframe>' % inner.replace(b"<", b"&lt;").replace(b'"', b"&quot;"))
    handler = page(b"<img src=x onerror=\"var x='%b'\">" % letters(STUB))
    pages = {"hidden": hidden, "written-by-script": wrapped, "srcdoc": framed, "handler": handler}
    yield from found("C16", SMUGGLING | PROGRAM, ((k, attached(b"a.html", one)) for k, one in pages.items()))
    yield from _smuggling_files(page(b"<script>%b</script>" % (decode % secret + save)))


def _script_pages(variants: Variants) -> Variants:
    return ((what, attached(b"a.html", page(b"<script>" + script + b"</script>"))) for what, script in variants)


def _smuggling_files(smuggler: bytes) -> Iterator[Case]:
    names = (b"a.htm", b"a.shtml", b"a.xhtml", b"a.xml", b"a.dat", b"a")
    yield from found("C16", SMUGGLING, ((f"as-{name.decode('ascii')}", attached(name, smuggler)) for name in names))
    yield from found("C16", SMUGGLING, [("body", message(smuggler, b"Content-Type: text/html"))])
    web = multipart(part(b"Content-Type: text/html\r\n", smuggler), kind=b"related")
    yield from found("C16", SMUGGLING, [("mht", attached(b"a.mht", web))])
    svg = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"%b>%b</svg>'
    pictures = {
        "script": svg % (b"", b"<script><![CDATA[location.href='https://x.test/']]></script>"),
        "onload": svg % (b' onload="go()"', b"<rect/>"),
        "foreign-object": svg % (b"", b"<foreignObject><iframe src='https://x.test/'/></foreignObject>"),
        "script-link": svg % (b"", b'<a href="javascript:go()"><text>x</text></a>'),
    }
    svgs = ((f"svg-{what}", attached(b"a.svg", one, b"image/svg+xml")) for what, one in pictures.items())
    yield from found("C16", SMUGGLING, svgs)


def _ordinary_pages() -> Iterator[Case]:
    image = data_uri(b"\x89PNG\r\n\x1a\n" + bytes(4000), b"image/png")
    font = data_uri(b"wOF2" + bytes(4000), b"font/woff2")
    tracking = (
        b"<script>var _gaq=_gaq||[];_gaq.push(['_trackPageview']);(function(){var g=document.createElement('script');"
    )
    tracking += b"g.src='https://x.test/ga.js';document.body.appendChild(g)})();</script>"
    player = b"<script>var w=new Worker(URL.createObjectURL(new Blob(['onmessage=1'])));"
    player += b"var s=decodeURIComponent('%20')</script>"
    style = b"<style>@font-face{src:url(%b)}</style>" % font
    shown = b"<pre>&lt;script&gt;var b=new Blob([atob(x)]);URL.createObjectURL(b);a.download='x'&lt;/script&gt;</pre>"
    ordinary = {
        "images": page(b'<img src="%b">' % image + style),
        "tracking": page(tracking),
        "worker": page(player),
        "tutorial": page(shown),
        "mail-link": page(b'<a href="javascript:window.print()">Print</a><img onload="this.width=5">'),
        "export": page(b"<script>a.href='data:text/csv,'+encodeURIComponent(t);a.download='t.csv'</script>"),
    }
    yield from passing(
        "C16", ((f"ordinary-{k}", attached(b"a.html", one, b"text/html")) for k, one in ordinary.items())
    )
    yield from passing("C15", [("inline-images", message(ordinary["images"], b"Content-Type: text/html"))])
    drawing = b'<svg xmlns="http://www.w3.org/2000/svg"><foreignObject><div>A box</div></foreignObject></svg>'
    yield from passing("C16", [("ordinary-svg", attached(b"a.svg", drawing, b"image/svg+xml"))])
