"""A program in place of the language model's process, which answers what a test tells it to.

`program(ready, *answers)`; each answer is a frame's header, or `hang`, `die` or `nonsense`.
"""

from __future__ import annotations

import json
import sys
from typing import Any

READY = {"ready": True, "heads": [{"rule": "language", "points": 2.0, "bias": 1.0}], "trained": "a script"}

_CODE = """
import json, os, signal, struct, sys, time
script, fd = json.loads(sys.argv[1]), int(sys.argv[2])
sys.stderr.write("a word of it\\n")
sys.stderr.flush()
for step in script:
    if step == "hang":
        time.sleep(60)
    elif step == "die":
        os.kill(os.getpid(), signal.SIGSEGV)
    elif step == "nonsense":
        os.write(fd, b"\\xff" * 12)
    elif step == "exit":
        sys.exit(3)
    else:
        text = json.dumps(step).encode()
        os.write(fd, struct.pack("!IQ", len(text), 0) + text)
    while len(lengths := os.read(fd, 12)) == 12:
        left = struct.unpack("!IQ", lengths)[0]
        while left:
            left -= len(os.read(fd, left))
        break
    else:
        sys.exit(0)
time.sleep(60)
"""


def program(*steps: Any) -> tuple[str, ...]:
    """Return the command of a process that takes these steps, the first at its start and each other at a question."""
    return (sys.executable, "-c", _CODE, json.dumps(steps))
