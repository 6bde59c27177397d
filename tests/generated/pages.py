"""Pages that put a file together when they are opened, each in its own way, and how many of them pass.

    python -m tests.generated.pages --count 10000
    python -m tests.generated.pages --count 200 --write FOLDER     for a browser to judge

A page is made of a payload written out in some way, a sink that hands it out, words that are hidden, and something that
the script stands in. It passes where the opener neither gives the payload nor says what the page does.
"""

from __future__ import annotations

import argparse
import base64
import random
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from gateway.message.defect import Defect
from gateway.understand.budget import Allowance, Budget
from gateway.understand.member import Declared, Member
from gateway.understand.openers.known import OPENERS
from tests.generated.page_shells import SHELLS
from tests.generated.page_words import HIDINGS

Chance = random.Random


def payload(number: int) -> bytes:
    """A harmless archive by its first octets; the number tells a browser's downloads apart."""
    return b"PK\x03\x04" + b"harmless archive number %06d that a page put together\n" % number


# --- the payload, and the script that makes octets of it in `u` ------------------------------------------------------


def _base64(chance: Chance, octets: bytes) -> tuple[str, str]:
    text = base64.b64encode(octets).decode()
    return "", f"var s=atob('{text}');var u=new Uint8Array(s.length);for(var i=0;i<s.length;i++)u[i]=s.charCodeAt(i);"


def _pieces(chance: Chance, octets: bytes) -> tuple[str, str]:
    text = base64.b64encode(octets).decode()
    width = chance.randint(9, 30)
    pieces = [text[at : at + width] for at in range(0, len(text), width)]
    joined = {
        "array": "[" + ",".join(f"'{one}'" for one in pieces) + "].join('')",
        "plus": "+".join(f'"{one}"' for one in pieces),
        "reversed": "'" + text[::-1] + "'.split('').reverse().join('')",
        "backwards": "[" + ",".join(f"'{one}'" for one in pieces[::-1]) + "].reverse().join('')",
        "added": "(function(){var z='';" + "".join(f"z+='{one}';" for one in pieces) + "return z})()",
        "junk": "'" + "@#".join(pieces) + "'.replace(/@#/g,'')",
    }
    made = joined[chance.choice(list(joined))]
    return "", f"var s=atob({made});var u=Uint8Array.from(s,function(c){{return c.charCodeAt(0)}});"


def _in_page(chance: Chance, octets: bytes) -> tuple[str, str]:
    text = base64.b64encode(octets).decode()
    width = chance.randint(12, 40)
    parts = [text[at : at + width] for at in range(0, len(text), width)]
    places = {
        f'<div id="p" hidden="">{text}</div>': "document.getElementById('p').textContent",
        f'<div id="p" title="{text}"></div>': "document.getElementById('p').title",
        '<div id="p">'
        + "".join(f"<i>{one}</i>" for one in parts)
        + "</div>": "document.getElementById('p').textContent",
        f'<div id="p"><!--{text}--></div>': "document.getElementById('p').firstChild.data",
        f'<div id="p" data-x="{text[::-1]}"></div>': "document.getElementById('p').getAttribute('data-x')"
        ".split('').reverse().join('')",
    }
    markup = chance.choice(list(places))
    return markup, f"var s=atob({places[markup]});var u=new Uint8Array(s.length);for(var i=0;i<s.length;i++)" \
        "u[i]=s.charCodeAt(i);"  # fmt: skip


def _numbers(chance: Chance, octets: bytes) -> tuple[str, str]:
    written = {
        "[" + ",".join(map(str, octets)) + "]": "",
        "[" + ",".join(f"0x{one:02x}" for one in octets) + "]": "",
        "'" + octets.hex() + "'.match(/../g)": ".map(function(h){return parseInt(h,16)})",
        "'" + "-".join(map(str, octets)) + "'.split('-')": ".map(Number)",
        "'" + "".join(f"%{one:02x}" for one in octets) + "'.substring(1).split('%')": ".map(function(h){return "
        "parseInt(h,16)})",
    }
    made = chance.choice(list(written))
    return "", f"var u=new Uint8Array({made}{written[made]});"


def _ciphered(chance: Chance, octets: bytes) -> tuple[str, str]:
    key = chance.randint(1, 255)
    if chance.random() < 0.5:
        text = base64.b64encode(bytes(one ^ key for one in octets)).decode()
        return "", f"var s=atob('{text}');var u=new Uint8Array(s.length);for(var i=0;i<s.length;i++)" \
            f"u[i]=s.charCodeAt(i)^{key};"  # fmt: skip
    made = "[" + ",".join(str((one + key) & 255) for one in octets) + "]"
    return "", f"var u=new Uint8Array({made}.map(function(n){{return n-{key}}}));"


PAYLOADS: tuple[Callable[[Chance, bytes], tuple[str, str]], ...] = (_base64, _pieces, _in_page, _numbers, _ciphered)


# --- the sink ---------------------------------------------------------------------------------------------------------

SINKS = (
    "var b=new Blob([u]);var a=document.createElement('a');a.href=URL.createObjectURL(b);a.download='NAME';a.click();",
    "var b=new File([u],'NAME',{type:'application/zip'});location.href=URL.createObjectURL(b);",
    "var b=new Blob([u],{type:'application/octet-stream'});window.open(URL.createObjectURL(b),'_self');",
    "var a=document.createElement('a');a.setAttribute('download','NAME');a.href='data:application/zip;base64,'+"
    "btoa(String.fromCharCode.apply(null,u));document.documentElement.appendChild(a);a.click();",
    "var b=new Blob([u],{type:'application/zip'});var f=document.createElement('iframe');"
    "f.src=URL.createObjectURL(b);document.documentElement.appendChild(f);",
    "var r=new FileReader();r.onload=function(){var a=document.createElement('a');a.href=r.result;a.download='NAME';"
    "a.click()};r.readAsDataURL(new Blob([u]));",
    "new Response(u).blob().then(function(b){var a=document.createElement('a');a.href=URL.createObjectURL(b);"
    "a.download='NAME';a.click()});",
)


def generated(count: int, seed: int = 13) -> Iterator[tuple[str, str, bytes]]:
    """So many: what is odd about each, its file name, its octets; the same ones for a seed."""
    chance = Chance(seed)
    shells, hidings = list(SHELLS), list(HIDINGS)
    for number in range(count):
        shell, hiding = shells[number % len(shells)], hidings[number // len(shells) % len(hidings)]
        payload_of, sink = chance.choice(PAYLOADS), chance.choice(SINKS)
        markup, made = payload_of(chance, payload(number))
        if markup and shell not in {"script", "handler", "entity", "timeout", "link", "utf-16", "iso-2022-jp"}:
            markup, made = _base64(chance, payload(number))
        program = HIDINGS[hiding](chance, made + sink.replace("NAME", f"n{number}.zip"))
        name, content = SHELLS[shell](chance, program, markup)
        yield f"{shell}, {hiding}, {payload_of.__name__.strip('_')}", name, content


def opened(name: str, content: bytes) -> Iterator[Member | Defect]:
    """All that the openers bring out, at any depth."""
    waiting = [(Declared((name,)), content)]
    budget = Budget(Allowance(), len(content))
    while waiting:
        declared, octets = waiting.pop()
        for opener in OPENERS:
            if not opener.fits(octets, declared):
                continue
            try:
                for one in opener.open(octets, declared, budget):
                    yield one
                    if isinstance(one, Member) and one.content and one.media_type != "message/rfc822":
                        waiting.append((Declared(one.names, one.media_type), one.content))
            except ValueError as error:
                yield Defect("container.unreadable", str(error), 0)


def passes(name: str, content: bytes, octets: bytes) -> bool:
    """Return whether a page passes: the opener shows neither the payload nor a defect that holds the page."""
    for one in opened(name, content):
        if isinstance(one, Defect):
            if one.code in {"html.smuggling", "container.unreadable", "container.limit", "document.script"}:
                return False
        elif one.content == octets:
            return False
    return True


def main() -> None:
    """Print the figures and what passed, or write the pages."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--count", type=int, default=10_000)
    arguments.add_argument("--seed", type=int, default=13)
    arguments.add_argument("--write", type=Path)
    given = arguments.parse_args()
    passed: Counter[str] = Counter()
    for number, (what, name, content) in enumerate(generated(given.count, given.seed)):
        if given.write:
            (given.write / f"{number:06}-{name}").write_bytes(content)
        elif passes(name, content, payload(number)):
            passed[what] += 1
    print(f"{given.count} pages, {passed.total()} pass")
    for what, number in passed.most_common(30):
        print(f"{number:6} {what}")


if __name__ == "__main__":
    main()
