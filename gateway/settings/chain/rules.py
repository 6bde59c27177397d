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
    notify: tuple[Notify, ...] | None = Field(
        default=None, description="People who get a notice. Default: the entry's `notify`."
    )
    release: Release | None = Field(
        default=None, description="People who may release the message. Default: the entry's `release`."
    )
    label: Line = Field(default="", description="Words that `tag` puts before the subject, for our own recipients.")

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
        description="Reverse-paths. For inbound mail they count if SPF or DKIM proves them (see *authentication*), "
        "and so do the addresses of `From:` if all are proven. Otherwise they count only together with `networks`.",
    )
    recipients: tuple[AddressPattern, ...] = Field(default=(), description="Recipients.")
    groups: tuple[Name, ...] = Field(
        default=(), description="Groups of the directory with the recipient, or with our own sender."
    )
    networks: tuple[AnyNetwork, ...] = Field(default=(), description="Networks of the client.")

    @model_validator(mode="after")
    def _is_for_somebody(self) -> Self:
        if not (self.senders or self.recipients or self.groups or self.networks):
            raise WrongKey("codes", "an exemption needs senders, recipients, groups or networks too")
        return self


class EntryKeys(YamlModel):
    """The keys that every filter takes, beside its own settings."""

    name: Name | None = Field(default=None, description="The filter's name; needed if the same filter stands twice.")
    mode: Mode | None = Field(
        default=None,
        description="`enforce`; `monitor` only records what the filter would have done; `off`. Default: as shipped.",
    )
    directions: Annotated[tuple[Direction, ...], Field(min_length=1)] | None = Field(
        default=None, description="Directions of the copies that the filter checks. Default: as shipped."
    )
    action: ActionRule | None = Field(default=None, description="The action of every code that `actions` doesn't name.")
    actions: Mapping[str, ActionRule] = Field(default_factory=dict, description="Actions by code.")
    notify: tuple[Notify, ...] | None = Field(
        default=None,
        description="People who get a notice. `reviewers` get it at the address in `organisation.contact`; `manager` "
        "is our own sender's, by the directory. Default for quarantine: our own recipient for inbound mail, and for "
        "internal mail if the filter has a notice of its own (`payment_change`); our own sender for other mail; nobody "
        "for an inbound copy with `virus.found`. Default for other actions: nobody.",
    )
    release: Release | None = Field(
        default=None,
        description="People who may release a held message. `one`: any reviewer; `two_people`: a reviewer and another "
        "person, an approver; `sender`: our own sender too, by a reply (see *control_address*); `recipient`: our own "
        "recipient too, by a reply, never for viruses, programs and changes of payment details. Default: `one`. For "
        "codes whose release must be verified: `two_people` once two approvers are named (see *reviewers*). For codes "
        "that a sender may confirm: `sender` once there is a *control_address*.",
    )
    on_error: OnError = Field(
        default="defer", description="Action for a message that the filter can't judge now, if a retry may help."
    )
    exempt: tuple[ExemptionKeys, ...] = Field(default=(), description="Exemptions (see *Exemptions*).")
