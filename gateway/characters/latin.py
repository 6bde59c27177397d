"""The Latin letters that letters of other scripts stand for."""

from __future__ import annotations

from typing import Final

from gateway.characters.look_alikes import LOOK_ALIKES

#: Look-alike -> Latin letter, in lower case.
LATIN: Final = {one: letter for letter, ones in LOOK_ALIKES.items() for one in ones}
