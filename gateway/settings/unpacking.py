"""Settings of the opening of attachments: the budget of one message, and the sandbox in which it is spent."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from gateway.settings.yaml.values import Bytes, Count, Seconds
from gateway.settings.yaml.yaml_model import YamlModel

_MIB = 2**20


class Unfold(YamlModel):
    """The budget for opening one message, all its attachments together; past it they are uninspectable."""

    depth: Count = Field(default=12, description="Containers in one another: archives, documents, forwarded messages.")
    entries: Count = Field(default=10_000, description="Files in all containers together.")
    bytes: Bytes = Field(default=128 * _MIB, description="Octets unpacked in all.")
    ratio: Count = Field(
        default=200, description="Octets unpacked for each octet of the message; the first 16 MiB are free."
    )
    seconds: Seconds = Field(default=20.0, description="Time for opening; it is part of `limits: judge_seconds`.")


class Sandbox(YamlModel):
    """The processes in which attachments are opened: no network, no programs, no writing."""

    isolation: Literal["confined", "limits_only"] = Field(
        default="confined",
        description="`limits_only` works without the seccomp filter, if the kernel has none; memory and time stay "
        "limited.",
    )
    processes: Count = Field(
        default=2, description="Sandbox processes for each worker. One client never has all of several processes."
    )
    memory_bytes: Bytes = Field(default=512 * _MIB, description="Memory of each.")
