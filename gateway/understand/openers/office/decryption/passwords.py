"""Passwords that nobody has to know.

Excel tries the first on every workbook ([MS-XLS] 2.2.10), PowerPoint the second on presentations that are protected
from changes ([MS-PPT] 2.3.7); the third is that of whoever presses Enter.
"""

from __future__ import annotations

PASSWORDS = ("VelvetSweatshop", "/01Hannes Ruescher/01", "")
