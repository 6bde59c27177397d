"""Golden files in `tests/corpus/amended/`: replies of the corpus as they leave with the shipped disclaimer.

`python -m tests.corpus.amended_files` writes them anew, after a change that is meant; git shows what became of them.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.corpus.reply_files import FOLDER as REPLIES
from tests.corpus.reply_files import reply_file
from tests.support.builders.disclaimers import amended, entity, message, shipped

FOLDER = Path(__file__).resolve().parent / "amended"

#: A reply of each program, in either form; a forwarded one, an old one of Notes, one that is answered below and one
#: that is new.
NAMES = (
    *("gmail.txt", "gmail.de.txt", "outlook-desktop.txt", "outlook-web.fr.txt", "apple-mail.txt", "thunderbird.txt"),
    *("notes-old.txt", "iphone.txt", "gmail-bottom.txt", "gmail-forward-alone.txt", "new-message.txt"),
    *("gmail.html", "gmail.es.html", "outlook-desktop.html", "outlook-web.html", "apple-mail.html", "iphone.html"),
    *("thunderbird-bottom.fr.html", "thunderbird-top.html", "notes-table.html", "yahoo.html", "new-message.html"),
)


async def as_it_leaves(name: str) -> str:
    """The decoded text of the message's one part, with LF."""
    file = reply_file(REPLIES / name)
    kind = "html" if file.is_html else "plain"
    raw = message(entity(f"text/{kind}; charset=utf-8", file.source.replace("\n", "\r\n")))
    return (await amended(raw, **shipped())).root.text.replace("\r\n", "\n")


async def _write() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name in NAMES:
        (FOLDER / name).write_text(await as_it_leaves(name), "utf-8")


if __name__ == "__main__":
    asyncio.run(_write())
