"""The store's URL: the possible kinds, and the place of a relative path. This module opens no store."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from gateway.settings.yaml.problems import nearest, shown
from gateway.settings.yaml.values import Meant

_SQLITE = "sqlite:///"
_POSTGRESQL = "postgresql://"
#: Other spellings of the scheme, which libpq and SQLAlchemy accept.
_SPELLINGS = ("postgres:", "postgresql:", "postgresql+")

#: Parameters allowed behind the `?`: the server's address and the verification of its certificate, by libpq's names.
PARAMETERS = (
    *("host", "port", "target_session_attrs", "channel_binding", "passfile"),
    *("sslmode", "sslrootcert", "sslcert", "sslkey", "sslcrl", "gssencmode", "krbsrvname"),
)


def checked_store(url: str) -> str:
    """Return the URL of a store that can be used.

    Raises ValueError with a plain sentence that has no password in it.
    """
    if url.startswith(_SPELLINGS):
        return _checked_server(url)
    if not url.startswith(_SQLITE):
        if url.startswith("sqlite:"):
            raise Meant("sqlite:/// and a path is expected", _SQLITE + url.removeprefix("sqlite:").lstrip("/"))
        raise ValueError(f"sqlite:/// and a path, or postgresql:// is expected{_instead(url)}")
    path = url.removeprefix(_SQLITE)
    if not path or path.endswith("/") or path == ":memory:" or any(c in path for c in "?#%"):
        raise ValueError("sqlite:/// and the path of a file is expected, without ?, # and %")
    return url


def on_server(url: str) -> bool:
    """Return whether the store is a database server's."""
    return url.startswith(_POSTGRESQL)


def store_below(url: str, data_dir: Path) -> str:
    """Return the URL, a file's with an absolute path."""
    return url if on_server(url) else _SQLITE + str(data_dir / url.removeprefix(_SQLITE))


def _instead(url: str) -> str:
    return "" if "@" in url else f", not {shown(url)}"


def _checked_server(url: str) -> str:
    parts = _parts(url)
    parameters = dict(parse_qsl(parts.query, keep_blank_values=True))
    if parts.password is not None or "password" in parameters:
        raise ValueError("a password doesn't stand in the URL: use store_password_file")
    if parts.scheme != "postgresql" or not url.startswith(_POSTGRESQL):
        raise Meant("postgresql:// is expected", _POSTGRESQL + url.partition(":")[2].lstrip("/"))
    name = unquote(parts.path.removeprefix("/"))
    if not name or "/" in name or parts.fragment or "\0" in unquote(url):
        raise ValueError("postgresql://USER@HOST/DATABASE is expected")
    for parameter in parameters.keys() - set(PARAMETERS):
        sentence, near = f"{shown(parameter)} can't be set in the URL", nearest(parameter, PARAMETERS)
        raise Meant(sentence, near) if near else ValueError(sentence)
    return url


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise ValueError("postgresql://USER@HOST/DATABASE is expected") from error
    return parts
