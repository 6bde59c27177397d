"""The store's URL: which stores there are, and where a relative one lies. It opens none."""

from __future__ import annotations

from pathlib import Path

from gateway.settings.problems import shown
from gateway.settings.values import Meant

_SQLITE = "sqlite:///"


def checked_store(url: str) -> str:
    """The URL of a store that can be used. Raises ValueError with a plain sentence."""
    if url.startswith(("postgresql:", "postgresql+", "postgres:")):
        raise ValueError("postgresql:// is not supported yet: use sqlite:///")
    if not url.startswith(_SQLITE):
        if url.startswith("sqlite:"):
            raise Meant("sqlite:/// and a path is expected", _SQLITE + url.removeprefix("sqlite:").lstrip("/"))
        raise ValueError(f"sqlite:/// and a path is expected, not {shown(url)}")
    path = url.removeprefix(_SQLITE)
    if not path or path.endswith("/") or path == ":memory:" or any(c in path for c in "?#%"):
        raise ValueError("sqlite:/// and the path of a file is expected, without ?, # and %")
    return url


def store_below(url: str, data_dir: Path) -> str:
    """The URL with an absolute path."""
    return _SQLITE + str(data_dir / url.removeprefix(_SQLITE))
