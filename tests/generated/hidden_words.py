"""Pages in which words are hidden or shown, by every way of styling them, with Chromium as the judge of what is seen.

    python -m tests.generated.hidden_words --count 3000           what counts as seen, against the kept verdicts
    python -m tests.generated.hidden_words --count 3000 --judge   asks Chromium (and netpbm's pngtopam) anew

Chromium draws each page twice, with other digits the second time: words are seen where the pictures differ.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from gateway.message.edits import render
from gateway.message.mime.parse import parse
from gateway.message.text.written import is_surely_seen
from tests.support.builders.disclaimers import entity, findings, message
from tests.support.probes.screenshots import FLAGS

#: Kept so that a test needs no browser: a character for each case, in the generator's order.
FOLDER = Path(__file__).resolve().parents[1] / "corpus/hidden_words"
VERDICTS = FOLDER / "verdicts.txt"
SEED = 13

WORDS = "47110815 23571113 31415926 27182818 16180339 14142135 17320508"
#: Other digits, which are as wide.
OTHERS = WORDS.translate(str.maketrans("0123456789", "8675912034"))

WIDTH, HEIGHT = 400, 220
PAGES_AT_ONCE = 40
#: ... of those that are asked about again.
FEW_PAGES = 6
#: For so many pages; a machine that does much else takes long.
JUDGE_SECONDS = 600
#: How far a channel differs in pixels that count, and so many of them that the words are seen: all of them have 1,500.
DIFFERENCE, PIXELS = 48, 250


def _lines(name: str) -> tuple[str, ...]:
    """The lines of a file; "-" is nothing."""
    return tuple("" if line == "-" else line for line in (FOLDER / f"{name}.txt").read_text("utf-8").splitlines())


HIDING = _lines("hiding")
SHOWN = _lines("shown")
#: A selector for `<div id="I1" class="c1 c2" title="t">` inside a div of class `around`.
SELECTORS = _lines("selectors")
AROUND_RULES = _lines("around_rules")
SHEETS = ("<head>{}</head><body>", "<body>{}", "<style>p{{color:#222}}</style><body>{}")
STYLE_TAGS = (
    "<style>{}</style>",
    "<style type=text/css>{}</style>",
    "<style media=screen>{}</style>",
    "<STYLE>{}</STYLE>",
    "<style media=print>{}</style>",
)
#: {} are the words.
STRUCTURES = _lines("structures")


@dataclass(frozen=True, slots=True)
class Case:
    """A page, with {} where the words stand; `kind` is the way in which it is styled."""

    kind: str
    page: str

    def html(self, words: str = WORDS) -> str:
        return self.page.replace("{words}", words)


def cases(count: int, seed: int = SEED) -> Iterator[Case]:
    """All structures first, each style in each simple place, and then combinations by chance."""
    chance = random.Random(seed)
    made = [Case("structure", _page(one.format("{words}"))) for one in STRUCTURES]
    for style in (*HIDING, *SHOWN):
        made += [Case("own style", _inline(style, 1)), Case("sheet", _sheet(style, ".c1", "{}", 0, 0))]
    yield from made[:count]
    for number in range(max(0, count - len(made))):
        style = chance.choice(HIDING if number % 4 else SHOWN)
        if number % 5 == 0:
            yield Case("style around", _inline(style, chance.randrange(4)))
        else:
            force = "!important" if chance.random() < 0.3 and "!" not in style else ""
            style = ";".join(f"{one}{force}" for one in style.split(";") if one)
            rule = chance.choice(AROUND_RULES)
            yield Case("sheet", _sheet(style, chance.choice(SELECTORS), rule, chance.randrange(3), chance.randrange(5)))


def _page(inside: str) -> str:
    return f"<p>Hello</p>{inside}<p>Bye</p>"


def _inline(style: str, place: int) -> str:
    styles = [f' style="{style}"' if number == place else "" for number in range(4)]
    inner = f"<div{styles[1]}><span{styles[0]}>{{words}}</span></div>"
    return f"<html><body{styles[3]}><div{styles[2]}><p>Hello</p>{inner}</div><p>Bye"


def _sheet(style: str, selector: str, around: str, place: int, tag: int) -> str:
    rule = around.format(f"{selector}{{{style}}}")
    sheet = SHEETS[place].format(STYLE_TAGS[tag].format(rule))
    return f'{sheet}<div class=around><p>Hello</p><div id=I1 class="c1 c2" title=t>{{words}}</div></div><p>Bye'


# --- Chromium --------------------------------------------------------------------------------------------------------


def judge(found: Sequence[Case], at_once: int = PAGES_AT_ONCE) -> Iterator[bool]:
    """Yield for each page whether Chromium shows its words. A busy machine may leave some pages of a picture blank."""
    with tempfile.TemporaryDirectory() as folder:
        for at in range(0, len(found), at_once):
            yield from _judge(found[at : at + at_once], Path(folder))


def _judge(pages: Sequence[Case], folder: Path) -> Iterator[bool]:
    look = "border:0;float:left;background:#fff"
    frame = f'<iframe sandbox width={WIDTH} height={HEIGHT} style="{look}" srcdoc="{{}}"></iframe>'
    frames = (frame.format(escape(one.html(words))) for one in pages for words in (WORDS, OTHERS))
    (folder / "page.html").write_text(
        f"<!doctype html><meta charset=utf-8><body style=margin:0>{''.join(frames)}", "utf-8"
    )
    command = [
        "chromium",
        *FLAGS[:-1],
        f"--window-size={2 * WIDTH},{HEIGHT * len(pages)}",
        f"--user-data-dir={folder / 'profile'}",
    ]
    command += ["--virtual-time-budget=3000", "--run-all-compositor-stages-before-draw"]
    command += [f"--screenshot={folder / 'page.png'}", (folder / "page.html").as_uri()]
    subprocess.run(command, capture_output=True, check=True, timeout=JUDGE_SECONDS)
    pixels = subprocess.run(["pngtopam", str(folder / "page.png")], capture_output=True, check=True).stdout
    pixels = pixels[-(2 * WIDTH * HEIGHT * len(pages) * 3) :]
    for number in range(len(pages)):
        rows = (
            pixels[row * WIDTH * 6 : (row + 1) * WIDTH * 6] for row in range(number * HEIGHT, (number + 1) * HEIGHT)
        )
        yield sum(_different(row[: WIDTH * 3], row[WIDTH * 3 :]) for row in rows) >= PIXELS


def _different(one: bytes, other: bytes) -> int:
    """Pixels of a row that differ."""
    if one == other:
        return 0
    far = [abs(a - b) >= DIFFERENCE for a, b in zip(one, other, strict=True)]
    return sum(any(far[at : at + 3]) for at in range(0, len(far), 3))


async def with_ours(found: Sequence[Case]) -> list[Case]:
    """The pages with our disclaimer in them, whose words are then asked about; none of what gets none."""
    pages = []
    for case in found:
        raw = message(entity("text/html; charset=utf-8", case.html("Hello")))
        findings_ = await findings(raw, text=WORDS, html=f"<p>{WORDS}</p>", place="end")
        if findings_ and findings_[0].edits:
            amended = parse(render(parse(raw), findings_[0].edits)).root.text
            pages.append(Case(case.kind, amended.replace(WORDS, "{words}")))
    return pages


def verdicts() -> list[bool]:
    """The kept ones."""
    return [character == "+" for character in VERDICTS.read_text("ascii") if character in "+-"]


def _keep(shown: Sequence[bool]) -> None:
    signs = "".join("+" if one else "-" for one in shown)
    VERDICTS.write_text("".join(f"{signs[at : at + 100]}\n" for at in range(0, len(signs), 100)), "ascii")


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--count", type=int, default=1_000)
    arguments.add_argument("--judge", action="store_true")
    arguments.add_argument("--again", action="store_true", help="ask once more about what is judged otherwise")
    arguments.add_argument(
        "--ours", action="store_true", help="ask Chromium whether our disclaimer is seen in each page"
    )
    arguments.add_argument("--show", action="store_true", help="print the pages that are judged otherwise")
    options = arguments.parse_args()
    found = list(cases(options.count))
    if options.ours:
        ours = asyncio.run(with_ours(found))
        hidden = [case for case, seen in zip(ours, judge(ours), strict=True) if not seen]
        hidden = [case for case, seen in zip(hidden, judge(hidden, FEW_PAGES), strict=True) if not seen]
        print(f"{len(found)} pages, {len(ours)} get our disclaimer, {len(hidden)} hide it")
        for case in hidden:
            print(case.page)
        return 0
    if options.judge:
        _keep(list(judge(found)))
    if options.judge or options.again:
        shown = verdicts()
        again = [n for n, one in enumerate(shown) if not one and is_surely_seen(found[n].html(), WORDS)]
        for number, one in zip(again, judge([found[n] for n in again], FEW_PAGES), strict=True):
            shown[number] = one
        _keep(shown)
    counts: Counter[tuple[str, bool, bool]] = Counter()
    for case, seen in zip(found, verdicts(), strict=False):
        taken = is_surely_seen(case.html(), WORDS)
        counts[case.kind, seen, taken] += 1
        if taken and not seen:
            print(f"hidden, and taken for seen: {case.page}")
        elif options.show and seen and not taken:
            print(f"seen, and not taken so: {case.page}")
    for (kind, seen, taken), count in sorted(counts.items()):
        known = "" if taken else "not "
        print(f"{count:6} {kind}: Chromium {'shows' if seen else 'hides'} the words, {known}taken for seen")
    return 0


if __name__ == "__main__":
    sys.exit(main())
