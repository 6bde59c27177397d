"""The limits of the gateway's load, each with its unit and the reply when it is reached. Other modules enforce them."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from gateway.settings.yaml.values import Bytes, Count, Seconds, WrongKey
from gateway.settings.yaml.yaml_model import YamlModel

#: The least seconds of `reply_seconds` that must be left when a relay begins: the next hop needs some time too.
RELAY_SECONDS = 20

_MIB = 2**20


class Limits(YamlModel):
    """The limits of the gateway's load. A client that goes past a limit gets the reply that is named."""

    message_bytes: Bytes = Field(default=50 * _MIB, description="One message; 552 5.3.4.")
    recipients: Count = Field(default=500, description="Recipients of one message; 452 4.5.3.")
    received_headers: Count = Field(default=100, description="`Received:` lines, which show a loop; 554 5.4.6.")
    connections: Count = Field(default=1000, description="Connections in all; 421 4.3.2.")
    connections_per_client: Count = Field(
        default=50, description="Connections of one client; 421 4.7.0. Proxies and trusted networks have no such limit."
    )
    commands_per_session: Count = Field(default=1000, description="Commands in one session; 421 4.7.0.")
    errors_per_session: Count = Field(default=20, description="Refused commands in one session; 421 4.7.0.")
    command_seconds: Seconds = Field(
        default=300.0, description="Wait for the next command (RFC 5321 4.5.3.2.7); 421 4.4.2."
    )
    data_seconds: Seconds = Field(
        default=600.0, description="Wait for more of a message that is being sent; 421 4.4.2."
    )
    session_seconds: Seconds = Field(default=3600.0, description="One session in all; 421 4.4.2.")
    bytes_in_flight: Bytes = Field(default=512 * _MIB, description="All messages under way, in memory; 452 4.3.1.")
    judge_seconds: Seconds = Field(
        default=60.0,
        description="All filters for one message, waiting included; then `on_error` decides. The wait for a sandbox "
        "process takes at most three quarters of this time; then 452 4.3.1.",
    )
    reply_seconds: Seconds = Field(
        default=90.0, description="From the end of a message to the reply; 451 if the relay has not begun by then."
    )

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        if self.bytes_in_flight < self.message_bytes:
            raise WrongKey("bytes_in_flight", "must be at least message_bytes, or the largest message never gets in")
        if self.reply_seconds < self.judge_seconds + RELAY_SECONDS:
            raise WrongKey("reply_seconds", f"must be at least judge_seconds and {RELAY_SECONDS} more for the relay")
        return self
