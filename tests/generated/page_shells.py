"""Shells around the script of a page: elements, attributes, frames, charsets, XML and its declarations, archives."""

from __future__ import annotations

import base64
import html
import plistlib
import random
from collections.abc import Callable, Mapping
from urllib.parse import quote

Chance = random.Random
Shell = Callable[[Chance, str, str], tuple[str, bytes]]  # of a script and the markup that it needs: a name, octets


def _page(inside: str, head: str = "") -> bytes:
    return f"<!DOCTYPE html><html><head>{head}</head><body><p>Your invoice.</p>{inside}</body></html>".encode()


def script(_: Chance, program: str, markup: str) -> tuple[str, bytes]:
    return "a.html", _page(f"{markup}<script>{program}</script>")


def handler(chance: Chance, program: str, markup: str) -> tuple[str, bytes]:
    inside = html.escape(program)
    if chance.random() < 0.5:
        inside = "".join(f"&#{ord(one)};" for one in program)
    tag = chance.choice(['<svg onload="%s">', '<img src=x onerror="%s">', '<details open ontoggle="%s">'])
    return "a.htm", _page(markup + tag % inside)


def link(chance: Chance, program: str, markup: str) -> tuple[str, bytes]:
    scheme = chance.choice(["javascript:", "java&#9;script:", "&#106;avascript&colon;", "java\nscript:"])
    return "a.html", _page(f'{markup}<iframe src="{scheme}{html.escape(quote(f"top.eval({program!r})"))}"></iframe>')


def srcdoc(_: Chance, program: str, markup: str) -> tuple[str, bytes]:
    inner = html.escape(f"{markup}<script>{program}</script>")
    return "a.html", _page(f'<iframe srcdoc="{inner}"></iframe>')


def named_frame(chance: Chance, program: str, _: str) -> tuple[str, bytes]:
    run = chance.choice(["eval(name)", "Function(window.name)()", "setTimeout(name)", "(0,eval)(self['na'+'me'])"])
    uri = "data:text/html," + quote(f"<script>{run}</script>")
    if chance.random() < 0.5:
        uri = "data:text/html;base64," + base64.b64encode(f"<script>{run}</script>".encode()).decode()
    return "a.html", _page(f'<iframe src="{uri}" name="{html.escape(program)}"></iframe>')


def data_frame(chance: Chance, program: str, _: str) -> tuple[str, bytes]:
    inner = f"<script>{program}</script>"
    kind = chance.choice(["text/html", "text/html;charset=utf-8", "application/xhtml+xml", "image/svg+xml"])
    if "ml+xml" in kind:
        space = "http://www.w3.org/2000/svg" if "svg" in kind else "http://www.w3.org/1999/xhtml"
        root = "svg" if "svg" in kind else "html"
        inner = f'<{root} xmlns="{space}"><script>{html.escape(program)}</script></{root}>'
    uri = f"data:{kind};base64," + base64.b64encode(inner.encode()).decode()
    tag = chance.choice(['<iframe src="%s"></iframe>', '<object data="%s"></object>', '<embed src="%s">'])
    return "a.html", _page(tag % uri)


def data_script(_: Chance, program: str, markup: str) -> tuple[str, bytes]:
    return "a.html", _page(f'{markup}<script src="data:,{quote(program)}"></script>')


def timeout(_: Chance, program: str, markup: str) -> tuple[str, bytes]:
    return "a.html", _page(f"{markup}<script>setTimeout({program!r},5)</script>")


def iso_2022_jp(chance: Chance, program: str, markup: str) -> tuple[str, bytes]:
    """The charset's escapes inside of words: a browser decodes nothing of them."""
    octets = b""
    for letter in program:
        octets += letter.encode() + (chance.choice([b"\x1b(B", b"\x1b(B"]) if letter.isalpha() else b"")
    inside = markup.encode() + b"<scr\x1b(Bipt>" + octets + b"</script>"
    return "a.html", _page("HERE", '<meta charset="iso-2022-jp">').replace(b"HERE", inside)


def utf_16(chance: Chance, program: str, markup: str) -> tuple[str, bytes]:
    mark, codec = chance.choice([(b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")])
    return "a.html", mark + _page(f"{markup}<script>{program}</script>").decode().encode(codec)


def svg_entities(chance: Chance, program: str, _: str) -> tuple[str, bytes]:
    width = chance.randint(5, 60)
    pieces = [program[at : at + width] for at in range(0, len(program), width)]
    quoted = [
        html.escape(piece).replace("%", "&#37;").replace("&amp;", "&#38;#38;").replace("&lt;", "&#38;#60;")
        for piece in pieces
    ]
    declared = "".join(f'<!ENTITY e{n} "{one}">' for n, one in enumerate(quoted))
    used = "".join(f"&e{n};" for n in range(len(pieces)))
    text = f'<?xml version="1.0"?><!DOCTYPE svg [{declared}]><svg xmlns="http://www.w3.org/2000/svg"><script>{used}</script></svg>'
    return "a.svg", text.encode()


def xhtml_entities(chance: Chance, program: str, _: str) -> tuple[str, bytes]:
    """An element with a script that an entity makes."""
    special = {"&": "&#38;#38;", "<": "&#38;#60;", "%": "&#37;", '"': "&#34;"}
    written = (special.get(one) or (f"&#{ord(one)};" if chance.random() < 0.5 else one) for one in program)
    value = "&#60;scr&#105;pt>" + "".join(written) + "&#60;/script>"
    text = f'<!DOCTYPE html [<!ENTITY x "{value}">]><html xmlns="http://www.w3.org/1999/xhtml"><body>&x;</body></html>'
    return "a.xhtml", text.encode()


def xml_references(chance: Chance, program: str, _: str) -> tuple[str, bytes]:
    written = "".join(f"&#{ord(one)};" if one in "<&" or chance.random() < 0.4 else one for one in program)
    kind = chance.choice(["a.xhtml", "a.xml"])
    prefix = chance.choice(["", "h:", "x.y:"])
    space = f'xmlns{":" + prefix[:-1] if prefix else ""}="http://www.w3.org/1999/xhtml"'
    opening = f"<{prefix}html {space}><{prefix}body><{prefix}script>"
    return kind, f"{opening}{written}</{prefix}script></{prefix}body></{prefix}html>".encode()


def xml_split(chance: Chance, program: str, _: str) -> tuple[str, bytes]:
    """Comments, sections and instructions between the letters of an XML page's script."""
    written = ""
    for letter in program:
        if letter in "<&":
            written += f"<![CDATA[{letter}]]>"
        elif letter.isalpha() and chance.random() < 0.2:
            written += letter + chance.choice(["<!-- x -->", "<?x y?>", "<![CDATA[]]>"])
        else:
            written += letter
    return (
        "a.xhtml",
        f'<html xmlns="http://www.w3.org/1999/xhtml"><body><script>{written}</script></body></html>'.encode(),
    )


def default_attribute(_: Chance, program: str, __: str) -> tuple[str, bytes]:
    value = html.escape(program).replace("%", "&#37;")
    text = (
        f'<!DOCTYPE svg [<!ATTLIST svg onload CDATA "{value}">]><svg xmlns="http://www.w3.org/2000/svg"><rect/></svg>'
    )
    return "a.svg", text.encode()


def style_sheet(chance: Chance, program: str, _: str) -> tuple[str, bytes]:
    """XSLT that makes a page with the script."""
    inside = chance.choice(
        [
            f"<script>{html.escape(program)}</script>",
            f"<xsl:element name=\"{{concat('scr','ipt')}}\">{html.escape(program)}</xsl:element>",
            f'<svg:svg xmlns:svg="http://www.w3.org/2000/svg"><xsl:attribute name="onload">{html.escape(program)}'
            "</xsl:attribute></svg:svg>",
        ]
    )
    sheet = (
        '<xsl:stylesheet id="s" version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:template match="/">'
        f"<html><body>{inside}</body></html></xsl:template></xsl:stylesheet>"
    )
    if chance.random() < 0.5:
        uri = "data:text/xml;base64," + base64.b64encode(sheet.encode()).decode()
        return "a.xml", f'<?xml version="1.0"?><?xml-stylesheet type="text/xsl" href="{uri}"?><invoice/>'.encode()
    declared = "<!DOCTYPE d [<!ATTLIST xsl:stylesheet id ID #REQUIRED>]>"
    styled = '<?xml version="1.0"?><?xml-stylesheet type="text/xsl" href="#s"?>'
    return "a.xml", f"{styled}{declared}<d>{sheet}</d>".encode()


def web_archive(chance: Chance, program: str, markup: str) -> tuple[str, bytes]:
    resource = {
        "WebResourceData": _page(f"{markup}<script>{program}</script>"),
        "WebResourceMIMEType": "text/html",
        "WebResourceTextEncodingName": "UTF-8",
        "WebResourceURL": "https://example.net/invoice.html",
    }
    form = chance.choice([plistlib.FMT_BINARY, plistlib.FMT_XML])
    return "a.webarchive", plistlib.dumps({"WebMainResource": resource, "WebSubresources": []}, fmt=form)


def writing(_: Chance, program: str, markup: str) -> tuple[str, bytes]:
    inner = base64.b64encode(f"<script>{program}</script>".encode()).decode()
    return "a.html", _page(f"{markup}<script>document.write(atob('{inner}'))</script>")


def template(_: Chance, program: str, __: str) -> tuple[str, bytes]:
    """The script is in a text of the page; another one runs it."""
    run = 'eval(t.innerHTML.replace(/&lt;/g,"<").replace(/&gt;/g,">").replace(/&amp;/g,"&"))'
    return "a.html", _page(f'<template id="t">{html.escape(program)}</template><script>{run}</script>')


SHELLS: Mapping[str, Shell] = {
    "script": script,
    "handler": handler,
    "link": link,
    "srcdoc": srcdoc,
    "named frame": named_frame,
    "data frame": data_frame,
    "data script": data_script,
    "timeout": timeout,
    "iso-2022-jp": iso_2022_jp,
    "utf-16": utf_16,
    "svg entities": svg_entities,
    "xhtml entities": xhtml_entities,
    "xml references": xml_references,
    "xml split": xml_split,
    "default attribute": default_attribute,
    "style sheet": style_sheet,
    "web archive": web_archive,
    "writing": writing,
    "template": template,
}
