"""Ways to hide the words of a script from those who search for them: what browsers run all the same."""

from __future__ import annotations

import base64
import random
import re
from collections.abc import Callable, Mapping

Chance = random.Random

#: The words that give a script away; each is a property or a string.
_PROPERTIES = re.compile(
    r"(?:\b(document|URL|String|location|r|b)|(?<=\))|(?<=\]))\.(createElement|createObjectURL|appendChild|href|"
    r"fromCharCode|readAsDataURL|blob)\b"
)
_GLOBALS = re.compile(r"(?<![\w.'])(Blob|File|atob|Uint8Array|FileReader|Response)\b(?=[.(\[])")


def plain(_: Chance, program: str) -> str:
    return program


def _computed(program: str, word: Callable[[str], str]) -> str:
    """Properties and globals by computed names."""
    program = _PROPERTIES.sub(lambda found: f"{found[1] or ''}[{word(found[2])}]", program)
    return _GLOBALS.sub(lambda found: f"window[{word(found[1])}]", program)


def _pieces(chance: Chance, word: str) -> list[str]:
    cut = sorted(chance.sample(range(1, len(word)), k=min(2, len(word) - 1)))
    return [word[start:end] for start, end in zip([0, *cut], [*cut, len(word)], strict=True)]


def split(chance: Chance, program: str) -> str:
    return _computed(program, lambda word: "+".join(f"'{one}'" for one in _pieces(chance, word)))


def escaped(_: Chance, program: str) -> str:
    return _computed(program, lambda word: "'" + "".join(f"\\x{ord(one):02x}" for one in word) + "'")


def escaped_names(_: Chance, program: str) -> str:
    pattern = re.compile(r"\b(createObjectURL|Blob|atob|File|download|readAsDataURL)\b(?!')")
    return pattern.sub(lambda found: f"\\u{ord(found[1][0]):04x}{found[1][1:]}", program)


def table(chance: Chance, program: str) -> str:
    """A table of pieces, shuffled, that are looked up by number."""
    entries: list[str] = []

    def of(word: str) -> str:
        places = []
        for piece in _pieces(chance, word):
            entries.append(piece)
            places.append(f"_t[<{len(entries) - 1}>]")
        return "+".join(places)

    program = _computed(program, of)
    order = list(range(len(entries)))
    chance.shuffle(order)
    for place, number in enumerate(order):
        program = program.replace(f"<{number}>", chance.choice([str(place), hex(place)]))
    return "var _t=[" + ",".join(f"'{entries[number]}'" for number in order) + "];" + program


def table_function(chance: Chance, program: str) -> str:
    """Disguise a program as obfuscators do: a function looks up its words in a table, with an offset."""
    words: list[str] = []

    def of(word: str) -> str:
        words.append(word)
        return f"_0x3f1a({hex(len(words) - 1 + 0x1B)})"

    program = _computed(program, of)
    listed = ",".join(f"'{base64.b64encode(word.encode()).decode()}'" for word in words)
    return f"var _0x51c2=[{listed}];function _0x3f1a(n){{return window['at'+'ob'](_0x51c2[n-0x1b])}};{program}"


def encoded_words(_: Chance, program: str) -> str:
    """Each word in base64, decoded by a name of its own."""
    return "var q=atob;" + _computed(program, lambda word: f"atob('{base64.b64encode(word.encode()).decode()}')")


def codes(_: Chance, program: str) -> str:
    made = _computed(program.replace("String.fromCharCode", "String['fromCharCode']"), lambda word: (
        "String.fromCharCode(" + ",".join(str(ord(one)) for one in word) + ")"))  # fmt: skip
    return made


def backwards(_: Chance, program: str) -> str:
    return _computed(program, lambda word: f"'{word[::-1]}'.split('').reverse().join('')")


def variables(chance: Chance, program: str) -> str:
    """Pieces in variables that are added in the brackets."""
    names: list[str] = []

    def of(word: str) -> str:
        used = []
        for piece in _pieces(chance, word):
            names.append(f"v{len(names)}='{piece}'")
            used.append(f"v{len(names) - 1}")
        return "+".join(used)

    program = _computed(program, of)
    return f"var {','.join(names)};{program}" if names else program


def evaluated(chance: Chance, program: str) -> str:
    """The whole script in base64, run as a text."""
    text = base64.b64encode(program.encode()).decode()
    run = chance.choice(
        [
            f"eval(atob('{text}'))",
            f"Function(atob('{text}'))()",
            f"[]['filter']['constructor'](atob('{text}'))()",
            f"(0,eval)(atob('{text}'))",
            f"setTimeout(atob('{text}'),1)",
            f"var e=window['ev'+'al'];e(atob('{text}'))",
        ]
    )
    return run + ";"


def table_run(chance: Chance, program: str) -> str:
    """A table of pieces of the script, put together and run by Function()."""
    width = chance.randint(7, 40)
    pieces = [program[at : at + width] for at in range(0, len(program), width)]
    order = list(range(len(pieces)))
    chance.shuffle(order)
    listed = ",".join(repr(pieces[number]) for number in order)
    places = ",".join(str(order.index(number)) for number in range(len(pieces)))
    return f"var t=[{listed}],o=[{places}],z='';for(var k=0;k<o.length;k++)z+=t[o[k]];Function(z)();"


def ciphered_run(chance: Chance, program: str) -> str:
    """The script moved by a number, run by what a constructor makes."""
    key = chance.randint(1, 30)
    numbers = ",".join(str(ord(one) + key) for one in program)
    made = f"[{numbers}].map(function(n){{return String.fromCharCode(n-{key})}}).join('')"
    return f"(function(){{}}).constructor({made})();"


HIDINGS: Mapping[str, Callable[[Chance, str], str]] = {
    one.__name__: one
    for one in (
        *(plain, split, escaped, escaped_names, table, table_function, encoded_words, codes, backwards, variables),
        *(evaluated, table_run, ciphered_run),
    )
}
