"""Mistakes in filter classes: unknown hooks, halves of abilities, unknown clauses, odd codes, operations."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import pytest

from filters.registry import FILTERS
from gateway.contract import ABILITIES, Actor, Code, Settings, operation
from gateway.settings.chain.filter_classes import check_classes, hooks
from gateway.settings.loading import load
from gateway.settings.yaml.problems import ConfigurationError

REQUIRED = ("name", "Settings", "codes", "shipped_mode", "shipped_directions")
CLAUSES = {"security.viruses", "conduct.respect"}
SHIPPED = Path(__file__).parents[4] / "config" / "gateway.yaml"


class Greeting:
    """A filter that is as it should be."""

    name: ClassVar[str] = "greeting"
    Settings: ClassVar[type[Settings]] = Settings
    codes: ClassVar[Any] = {"greeting.found": Code("conduct.respect", "log", "A greeting was found.")}
    shipped_mode: ClassVar[str] = "monitor"
    shipped_directions: ClassVar[Any] = ("outbound",)

    def __init__(self, settings: Settings) -> None:
        pass

    async def check(self, mail: Any) -> Any:
        return ()


class Mistyped(Greeting):
    notises: ClassVar[Any] = {}


class Inherits(Mistyped):
    pass


class Method(Greeting):
    async def lern(self, mail: Any, outcome: Any) -> None: ...


class Helper(Greeting):
    limit: ClassVar[int] = 3


class Lacking:
    shiped_mode: ClassVar[str] = "monitor"

    async def check(self, mail: Any) -> Any:
        return ()


class Half(Greeting):
    release_needs_verification: ClassVar[Any] = {"greeting.found"}


class Clause(Greeting):
    codes: ClassVar[Any] = {"greeting.found": Code("conduct.respekt", "log", "A greeting was found.")}


class OddCode(Greeting):
    codes: ClassVar[Any] = {"Greeting found": Code("conduct.respect", "log", "A greeting was found.")}


class NoSentence(Greeting):
    codes: ClassVar[Any] = {"greeting.found": ("conduct.respect", "log")}


class BlankSentence(Greeting):
    codes: ClassVar[Any] = {"greeting.found": Code("conduct.respect", "log", " ")}


class Name(Greeting):
    name: ClassVar[str] = "greetings"


class Listing:
    @operation("greeting.list", "reviewer")
    async def _list(self, _: Actor) -> list[str]:
        return []


class ListingToo:
    @operation("greeting.list", "administrator")
    async def _list(self, _: Actor) -> list[str]:
        return []


class Undeclared:
    async def list(self, _: Actor) -> list[str]:
        return []


class Operating(Greeting):
    operations: ClassVar[type] = Listing


class OperatingToo(Greeting):
    name: ClassVar[str] = "other"
    operations: ClassVar[type] = ListingToo


class OfTheSame(Operating):
    name: ClassVar[str] = "other"


class MistypedOperations(Greeting):
    operation: ClassVar[type] = Listing


class WithoutAny(Greeting):
    operations: ClassVar[type] = Undeclared


class OddAction(Greeting):
    codes: ClassVar[Any] = {"greeting.found": Code("conduct.respect", {"inbond": "lgo"}, "A greeting was found.")}


class AmendsUnsaid(Greeting):
    codes: ClassVar[Any] = {"greeting.found": Code("conduct.respect", {"outbound": "amend"}, "A greeting was found.")}


class AmendsOther(Greeting):
    amends: ClassVar[Any] = {"greeting.fond"}


class OddMode(Greeting):
    shipped_mode: ClassVar[str] = "monitr"


class NoTuple(Greeting):
    shipped_directions: ClassVar[Any] = "outbound"


class OddDirection(Greeting):
    shipped_directions: ClassVar[Any] = ("outbund",)


class OddService(Greeting):
    def __init__(self, settings: Settings, resolvr: Any) -> None:
        pass


@pytest.mark.parametrize(
    ("cls", "sentences"),
    [
        (Greeting, []),
        (
            OddAction,
            [
                "OddAction.codes: greeting.found: 'lgo' is no action (did you mean log?)",
                "OddAction.codes: greeting.found: 'inbond' is no direction (did you mean inbound?)",
            ],
        ),
        (
            AmendsUnsaid,
            ["AmendsUnsaid.codes: greeting.found: amend needs edits, and `amends` doesn't name the code"],
        ),
        (AmendsOther, ["AmendsOther.amends: there is no code greeting.fond (did you mean greeting.found?)"]),
        (OddMode, ["OddMode.shipped_mode: 'monitr' is no mode (did you mean monitor?)"]),
        (NoTuple, ["NoTuple.shipped_directions is no tuple: write ('outbound',)"]),
        (OddDirection, ["OddDirection.shipped_directions: 'outbund' is no direction (did you mean outbound?)"]),
        (OddService, ["OddService.__init__: there is no service resolvr (did you mean resolver?)"]),
        (Mistyped, ["Mistyped.notises is no hook (did you mean notices?)"]),
        (Inherits, ["Inherits.notises is no hook (did you mean notices?)"]),
        (Method, ["Method.lern is no hook (did you mean learn?)"]),
        (Helper, ["Helper.limit is no hook: begin names of your own with _"]),
        (
            Lacking,
            [
                "Lacking.shiped_mode is no hook (did you mean shipped_mode?)",
                *(f"Lacking has no {name}, which every filter has" for name in REQUIRED),
            ],
        ),
        (
            Half,
            ["Half has release_needs_verification and lacks answered_by_verification, payee, which belong together"],
        ),
        (
            Clause,
            [
                "Clause.codes: greeting.found: the policy has no clause 'conduct.respekt' "
                "(did you mean conduct.respect?)",
            ],
        ),
        (OddCode, ["OddCode.codes: 'Greeting found' is no code: it is like `greeting.found`"]),
        (NoSentence, ["NoSentence.codes: greeting.found is not documented: a sentence must say what it means"]),
        (BlankSentence, ["BlankSentence.codes: greeting.found is not documented: a sentence must say what it means"]),
        (Name, ["Name.name is 'greetings', and the registry has the filter as 'greeting'"]),
        (Operating, []),
        (MistypedOperations, ["MistypedOperations.operation is no hook (did you mean operations?)"]),
        (WithoutAny, ["Undeclared declares no @operation"]),
    ],
)
def test_mistakes(cls: Any, sentences: list[str]) -> None:
    found = check_classes({"greeting": cls}, CLAUSES)
    assert [str(one).partition(": ")[2] for one in found] == sentences
    assert all(str(one).startswith(f"{__file__}:") or Path(one.mark.file).name in str(one) for one in found)


def test_an_operation_is_declared_once() -> None:
    """Two filters may share the class, and not the name."""
    first: dict[str, Any] = {"greeting": Operating}
    (found,) = check_classes({**first, "other": OperatingToo}, CLAUSES)
    assert found.sentence == "ListingToo: greeting.list is already declared by Listing"
    assert check_classes({**first, "other": OfTheSame}, CLAUSES) == []


def test_shipped_filters_have_no_mistake() -> None:
    load(SHIPPED, FILTERS)


@pytest.mark.parametrize(("cls", "sentence"), [(Mistyped, r"\.notises is no hook"), (Lacking, " has no codes, which")])
def test_mistake_stops_the_start(cls: Any, sentence: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"test_filter_classes\.py:\d+: {cls.__name__}{sentence}"):
        load(SHIPPED, {**FILTERS, "greeting": cls})


def test_every_ability_is_had_by_a_shipped_filter() -> None:
    """An ability that nobody has is no ability."""
    assert [one for one in ABILITIES if not any(isinstance(cls, one) for cls in FILTERS.values())] == []
    assert "check" in hooks()
