"""Passwords that a reader need not know.

Excel tries the first on every workbook ([MS-XLS] 2.2.10). PowerPoint tries the second on presentations that are
protected from changes ([MS-PPT] 2.3.7). The third is that of a person who only presses Enter.
"""

from __future__ import annotations

PASSWORDS = ("VelvetSweatshop", "/01Hannes Ruescher/01", "")
