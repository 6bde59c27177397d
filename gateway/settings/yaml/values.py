"""The kinds of value in the configuration: sizes, durations, domains, addresses, names.

Each is an annotated type with a plain sentence for a wrong value.
"""

from __future__ import annotations

import contextlib
import functools
import re
import zoneinfo
from dataclasses import dataclass
from datetime import timedelta
from email.utils import getaddresses
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator

from gateway.message.header.addresses import address_pattern, ascii_form
from gateway.settings.yaml.problems import nearest, shown


@dataclass(frozen=True, slots=True)
class Words:
    """The name of a type in the reference of the configuration."""

    text: str


class Meant(ValueError):
    """A wrong value for which there is a suggestion."""

    def __init__(self, sentence: str, suggestion: str) -> None:
        super().__init__(sentence)
        self.suggestion = suggestion


class WrongKey(ValueError):
    """One key of a mapping is wrong, which shows only when the others are known."""

    def __init__(self, key: str, sentence: str) -> None:
        super().__init__(sentence)
        self.key = key


# --- numbers with a unit ---------------------------------------------------------------------------------------------

_SIZE = re.compile(r"(\d+(?:\.\d+)?) ?(B|KiB|MiB|GiB|TiB|kB|MB|GB|TB)\Z")
_SIZE_UNITS = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
_SIZE_UNITS |= {"kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_DURATION = re.compile(r"(\d+(?:\.\d+)?) ?(ms|s|m|h|d)\Z")
_DURATION_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
_SECONDS_A_DAY = 86400


def size_bytes(value: Any) -> Any:
    """Convert `50 MiB` to 52428800; a value other than text is left to the type."""
    if not isinstance(value, str):
        return value
    if match := _SIZE.match(value):
        return int(float(match[1]) * _SIZE_UNITS[match[2]])
    raise ValueError(f"a size is expected: bytes, or a number with KiB, MiB or GiB, not {shown(value)}")


def duration_seconds(value: Any) -> Any:
    """Convert `4h` to 14400.0; a value other than text is left to the type."""
    if not isinstance(value, str):
        return value
    if match := _DURATION.match(value):
        return float(match[1]) * _DURATION_UNITS[match[2]]
    raise ValueError(f"a duration is expected: seconds, or a number with s, m, h or d, not {shown(value)}")


def duration_days(value: Any) -> Any:
    """Convert `30d` to 30; a plain number is days already."""
    if not isinstance(value, str):
        return value
    seconds = duration_seconds(value)
    if seconds % _SECONDS_A_DAY:
        raise ValueError(f"whole days are expected, not {shown(value)}")
    return int(seconds // _SECONDS_A_DAY)


def _timedelta(value: Any) -> Any:
    if isinstance(value, timedelta):
        return value
    seconds = duration_seconds(value)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds < 1e9:
        raise ValueError(f"a duration is expected: seconds, or a number with s, m, h or d, not {shown(value)}")
    return timedelta(seconds=seconds)


Bytes = Annotated[int, BeforeValidator(size_bytes), Field(ge=1), Words("a size: bytes, or `50 MiB`")]
Seconds = Annotated[
    float, BeforeValidator(duration_seconds), Field(gt=0, allow_inf_nan=False), Words("seconds, or `5m`, `4h`")
]
Days = Annotated[int, BeforeValidator(duration_days), Field(ge=1), Words("days")]
Duration = Annotated[timedelta, PlainValidator(_timedelta), Words("seconds, or `5m`, `4h`, `1d`")]
Hour = Annotated[int, Field(ge=0, le=23), Words("an hour from 0 to 23")]
Count = Annotated[int, Field(ge=1), Words("a number from 1")]

# --- text ------------------------------------------------------------------------------------------------------------

_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\Z")
#: The most characters of the control address's local part: of 64 (RFC 5321 4.5.3.1.1), a + and a token of 48 take the
#: rest.
CONTROL_CHARACTERS = 15
_CONTROL = re.compile(rf"[A-Za-z0-9](?:[A-Za-z0-9._-]{{0,{CONTROL_CHARACTERS - 2}}}[A-Za-z0-9])?\Z")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}\Z")
_MAX_DOMAIN_CHARACTERS = 253
#: The most octets of a login (RFC 4616 2).
LOGIN_BYTES = 255


def one_line(value: str) -> str:
    """Return text for a header or a notice: line ends become blanks, control characters raise ValueError."""
    line = " ".join(value.split())
    if not line.isprintable():
        raise ValueError("must not contain control characters")
    return line


def domain(value: str) -> str:
    """Return a domain in lower case, an internationalised one in its ASCII form (RFC 5891)."""
    bare = value.removeprefix(".")
    if "@" in value:
        raise Meant(f"a domain is expected, not an address: {shown(value)}", value.rpartition("@")[2])
    if value.startswith("*."):
        raise Meant("subdomains are written with a leading dot", value[1:])
    form = ascii_form(bare)
    if form is None or len(form) > _MAX_DOMAIN_CHARACTERS or not HOST.match(form):
        raise ValueError(f"{shown(value)} is not a domain")
    return value[: len(value) - len(bare)] + form


@functools.lru_cache(1024)
def exact_domain(value: str) -> str:
    if value.startswith("."):
        raise Meant("one domain is expected, not subdomains", value[1:])
    return domain(value)


def mail_address(value: str) -> str:
    """Return `local@domain` as it stands in an envelope. Raises ValueError."""
    local, at, host = value.rpartition("@")
    if not (at and local and host) or not value.isprintable() or any(c in local for c in ' <>,;:"()'):
        raise ValueError(f"an e-mail address is expected, not {shown(value)}")
    return f"{local}@{exact_domain(host)}"


def control_address(value: str) -> str:
    """Return an address with room for a token behind its local part: `mailwarden+TOKEN@gw.example.co.uk`."""
    address = mail_address(value)
    if not _CONTROL.match(address.rpartition("@")[0]):
        raise ValueError(
            f"before the @ at most {CONTROL_CHARACTERS} letters, digits, dots, - and _ are expected, without a +: a "
            "token takes the rest of the 64 characters"
        )
    return address


def address_in(text: str) -> str:
    """Return the first e-mail address in a line for people: `IT Service Desk <it@example.co.uk>`; "" without one."""
    for _, found in getaddresses([text]):
        with contextlib.suppress(ValueError):
            return mail_address(found)
    return ""


def login_name(value: str) -> str:
    """Return a login (AUTH), as it can stand in a file of logins. Raises ValueError."""
    if len(value.encode()) > LOGIN_BYTES:
        raise ValueError(f"a login has at most {LOGIN_BYTES} octets")
    if not value or not value.isprintable() or any(sign in value for sign in " :") or value.startswith("#"):
        raise ValueError(f"a login has no blank and no colon, and doesn't begin with #: {shown(value)}")
    return value


def short_name(value: str) -> str:
    if not _NAME.match(value):
        raise ValueError(f"a name is letters, digits, dots, - and _ (at most 64), not {shown(value)}")
    return value


@functools.lru_cache(256)
def time_zone(value: str) -> str:
    """Return a name of the IANA database that this machine has. Raises ValueError."""
    try:
        zoneinfo.ZoneInfo(value)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        known = zoneinfo.available_timezones()
        raise Meant(f"unknown time zone {shown(value)}", nearest(value, known)) from error
    return value


@functools.cache
def _regions() -> frozenset[str]:
    """Return all regions of the `holidays` library: countries, and their parts."""
    import holidays  # noqa: PLC0415  # takes a quarter of a second, only where a region is named

    parts = holidays.list_supported_countries(include_aliases=False)
    return frozenset(parts) | {f"{country}-{part}" for country, some in parts.items() for part in some}


@functools.lru_cache(256)
def holiday_region(value: str) -> str:
    """Return a country, or a part of one, whose public holidays are known (ISO 3166). Raises ValueError."""
    if not re.match(r"[A-Z]{2}(-.{1,40})?\Z", value):
        raise ValueError(f"a country and perhaps a part of it is expected, such as GB-ENG, not {shown(value)}")
    if value not in _regions():
        country = value.partition("-")[0]
        near = nearest(value, (one for one in _regions() if one.startswith(country)))
        raise Meant(f"no public holidays are known of {shown(value)}", near)
    return value


Line = Annotated[str, AfterValidator(one_line), Words("text")]
Domain = Annotated[str, AfterValidator(exact_domain), Words("a domain")]
DomainPattern = Annotated[str, AfterValidator(domain), Words("a domain; `.example.com` means its subdomains")]
MailAddress = Annotated[str, AfterValidator(mail_address), Words("an e-mail address")]
ControlAddress = Annotated[str, AfterValidator(control_address), Words("an e-mail address")]
Name = Annotated[str, AfterValidator(short_name), Words("a name")]
TimeZone = Annotated[str, AfterValidator(time_zone), Words("a time zone of the IANA database")]
Holidays = Annotated[str, AfterValidator(holiday_region), Words("a country, or a part of one: `GB-ENG`")]
Pattern = Annotated[str, Field(min_length=1), AfterValidator(one_line), Words("text; `*` and `?` match any characters")]
AddressPattern = Annotated[Pattern, AfterValidator(address_pattern)]
Login = Annotated[str, AfterValidator(login_name), Words("a login")]
HostName = Annotated[str, AfterValidator(exact_domain), Words("a host name")]
