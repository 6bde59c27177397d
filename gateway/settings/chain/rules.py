"""The keys of every filter in the chain, in the form of the YAML: mode, directions, actions, exemptions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from gateway.contract import DIRECTIONS, Direction, Mode
from gateway.settings.chain.entries import Action, Notify, OnError, Release
from gateway.settings.network import AnyNetwork
from gateway.settings.yaml.problems import nearest, shown
from gateway.settings.yaml.values import AddressPattern, Line, Meant, Name, Pattern, Words, WrongKey
from gateway.settings.yaml.yaml_model import YamlModel, tupled


class WrittenAction(YamlModel):
    """An action with what accompanies it."""

    do: Action = Field(description="`log`, `tag`, `amend`, `quarantine`, `reject` or `discard`.")
    notify: tuple[Notify, ...] | None = Field(default=None, description="Who is told. Default: the entry's `notify`.")
    release: Release | None = Field(default=None, description="Who may release it. Default: the entry's `release`.")
    label: Line = Field(default="", description="Put before the subject by `tag`, for our own recipients.")

    @model_validator(mode="after")
    def _only_a_tag_has_a_label(self) -> Self:
        if self.label and self.do != "tag":
            raise WrongKey("label", "only tag puts a label before the subject")
        return self


def _by_direction(value: Any) -> Any:
    """Turn one action, one for each direction, or one written out into written-out actions by direction."""
    if isinstance(value, dict) and value and not value.keys() & WrittenAction.model_fields.keys():
        unknown = next((key for key in value if key not in DIRECTIONS), None)
        if unknown is not None:
            raise Meant(f"{shown(unknown)} is not a direction", nearest(unknown, DIRECTIONS))
        return {direction: _written(action) for direction, action in value.items()}
    if isinstance(value, dict) and value.keys() & set(DIRECTIONS):
        raise ValueError("an action is one for each direction or written out, not both in one")
    return dict.fromkeys(DIRECTIONS, _written(value))


def _written(value: Any) -> Any:
    return tupled(value) if isinstance(value, dict) else {"do": tupled(value)}


ActionRule = Annotated[
    Mapping[Direction, WrittenAction],
    BeforeValidator(_by_direction),
    Words("an action, one for each direction, or written out (see *Actions*)"),
]


class ExemptionKeys(YamlModel):
    """Findings that are waived. Keys are ANDed, the values of a key ORed."""

    codes: Annotated[tuple[Pattern, ...], Field(min_length=1)] = Field(
        description="The codes that are waived. `virus.found` never is."
    )
    senders: tuple[AddressPattern, ...] = Field(
        default=(),
        description="Reverse-paths. Of inbound mail they count where SPF or DKIM proves them (see *authentication*), "
        "as do the addresses of `From:` where all are proven, or else with `networks`.",
    )
    recipients: tuple[AddressPattern, ...] = Field(default=(), description="Recipients.")
    groups: tuple[Name, ...] = Field(
        default=(), description="Groups of the directory: of the recipient, or of our own sender."
    )
    networks: tuple[AnyNetwork, ...] = Field(default=(), description="Networks of the client.")

    @model_validator(mode="after")
    def _is_for_somebody(self) -> Self:
        if not (self.senders or self.recipients or self.groups or self.networks):
            raise WrongKey("codes", "an exemption needs senders, recipients, groups or networks too")
        return self


class EntryKeys(YamlModel):
    """The keys that every filter takes, beside its own settings."""

    name: Name | None = Field(default=None, description="Its name; needed where the same filter stands twice.")
    mode: Mode | None = Field(
        default=None,
        description="`enforce`; `monitor` records what it would have done, no more; `off`. Default: as shipped.",
    )
    directions: Annotated[tuple[Direction, ...], Field(min_length=1)] | None = Field(
        default=None, description="The recipients that it looks after. Default: as shipped."
    )
    action: ActionRule | None = Field(default=None, description="The action of every code that `actions` doesn't name.")
    actions: Mapping[str, ActionRule] = Field(default_factory=dict, description="Actions by code.")
    notify: tuple[Notify, ...] | None = Field(
        default=None,
        description="Who is told; `reviewers` at the address in `organisation.contact`. Default: of quarantine our own "
        "recipient (inbound, and internal where the notice is the filter's own, as of `payment_change`) or sender "
        "(else), but nobody of an inbound copy that `virus.found` holds; of other actions nobody.",
    )
    release: Release | None = Field(
        default=None,
        description="Who may release what it held. `one`: any reviewer; `two_people`: an approver besides, who is "
        "someone else; `sender`: our own sender too, by a reply (see *control_address*). Default: `one`; of codes "
        "whose release has to be verified `two_people` once two approvers are named (see *reviewers*); of those that a "
        "sender may confirm `sender` once there is a *control_address*.",
    )
    on_error: OnError = Field(
        default="defer", description="What becomes of a message that it can't judge now, where a retry may cure it."
    )
    exempt: tuple[ExemptionKeys, ...] = Field(default=(), description="Exemptions (see *Exemptions*).")
