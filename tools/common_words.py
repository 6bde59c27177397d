"""Write gateway/message/folding/common_words.py: the words that most English mail is made of.

    python tools/common_words.py

Words are counted by messages, in the 4,150 messages of ham of SpamAssassin's public corpus (`tests/corpus/ham.py`
fetches them): in the text that people wrote, without quotations and signatures.
"""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from pathlib import Path

from gateway.message.mime.parse import parse
from tests.corpus.ham import all_ham

TARGET = Path(__file__).resolve().parent.parent / "gateway" / "message" / "folding" / "common_words.py"

#: Messages that must have a word; most rarer words are names.
MIN_MESSAGES = 32

_WORD = re.compile(r"(?<![\w.@/:-])[a-z]{3,14}(?![\w@/:-])")
#: Words of two letters that are no abbreviations.
SHORT = (
    *("am", "an", "as", "at", "be", "by", "do", "go", "he", "if", "in", "is", "it", "me", "my", "no", "of", "on", "or"),
    *("so", "to", "up", "us", "we"),
)
#: Strings that were written like words in those years, and are none.
LEFT_OUT = frozenset({
    "aaron", "adam", "alan", "bin", "bob", "brian", "chris", "com", "cvs", "daniel", "dave", "david", "deb",
    "debian", "del", "den", "dns", "don", "edu", "eric", "etc", "exmh", "faq", "ftp", "gary", "gnu", "gpg", "greg",
    "harri", "html", "http", "https", "ilug", "jim", "joe", "john", "justin", "kde", "ken", "kevin", "lib", "linus",
    "linux", "llc", "ltd", "mark", "martin", "matt", "matthias", "mike", "msg", "net", "nick", "org", "paul",
    "perl", "peter", "php", "rob", "robert", "rohit", "rpm", "rpms", "russell", "sam", "scott", "smtp", "src",
    "ssh", "ssl", "steve", "sun", "tar", "tim", "tom", "tony", "txt", "url", "urls", "usr", "vnc", "www", "xml",
    "yum", "zip",
})  # fmt: skip


def counted() -> Counter[str]:
    found: Counter[str] = Counter()
    for ham in all_ham():
        written = " ".join(passage.text for passage in parse(ham.raw).view.of("new"))
        found.update(set(_WORD.findall(written)))
    return found


def module(words: list[str]) -> str:
    return f'''"""The words that most English mail is made of.

Written by tools/common_words.py; not to be edited.
"""

from __future__ import annotations

from typing import Final

COMMON: Final = """
{textwrap.fill(" ".join(words), 118)}
"""
'''


def main() -> None:
    known = [word for word, count in counted().items() if count >= MIN_MESSAGES and word not in LEFT_OUT]
    TARGET.write_text(module(sorted({*known, *SHORT})), "utf-8")


if __name__ == "__main__":
    main()
