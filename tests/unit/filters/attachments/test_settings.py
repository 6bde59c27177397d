"""Settings of `attachments`, and the categories as shipped."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from filters.attachments.categories import Category
from filters.attachments.codes import CODES, UNINSPECTABLE
from filters.attachments.filter import Attachments
from gateway.contract import DIRECTIONS, Filter
from tests.support.builders.attachments import CATEGORIES, TEXT, check, codes, multipart, named, part, settings

# --- settings --------------------------------------------------------------------------------------------------------


async def test_block_chooses_the_categories() -> None:
    """A quarantined category that `block` leaves out gives no finding; those that are tagged or logged always do."""
    raw = multipart(TEXT, named(b"a.exe"), named(b"a.js"), named(b"a.docm"), named(b"a.mp3"))
    assert codes(await check(raw, block=["scripts"])) == [
        "attachment.script",
        "attachment.macro",
        "attachment.music",
    ]
    assert codes(await check(raw, block=[])) == ["attachment.macro", "attachment.music"]


async def test_category_of_ones_own() -> None:
    """An administrator's category with an existing code is looked for like the others."""
    own = {"code": "attachment.script", "called": "a CAD drawing", "extensions": [".DWG"], "types": ["Image/VND.dwg"]}
    values = {"categories": {"drawings": own}, "block": ["drawings"]}
    (finding,) = await check(multipart(TEXT, named(b"plan.dwg")), **values)
    assert finding.summary == "An attachment is a CAD drawing: its name ends in .dwg."
    (finding,) = await check(multipart(TEXT, part(b"Content-Type: image/vnd.dwg", b"x")), **values)
    assert finding.summary == "An attachment is sent as a CAD drawing."


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"block": ["executable"]}, "did you mean 'executables'?"),
        ({"block": ["macros"]}, "actions: {attachment.macro: quarantine}"),
        ({"notice": "{{ file"}, "the template can't be used"),
        ({"notice": "{{ sender }}"}, "'sender' is undefined"),
        (
            {"categories": {"a": {"code": "attachment.executables", "called": "x"}}},
            "did you mean 'attachment.executable'?",
        ),
        ({"categories": {"a": {"code": UNINSPECTABLE, "called": "x"}}}, "no category can have the code"),
        ({"categories": {"a": {"code": "attachment.video", "called": ""}}}, "at least 1 character"),
        ({"categories": {"a": {"code": "attachment.video", "called": "x", "extensions": ["tar.gz"]}}}, "the last dot"),
        ({"categories": {"a": {"code": "attachment.video", "called": "x", "extensions": ["."]}}}, "the last dot"),
        ({"categories": {"a": {"code": "attachment.video", "called": "x", "types": ["video"]}}}, "is no media type"),
        ({"categories": {"a": {"code": "attachment.video", "called": "x", "types": ["*/*"]}}}, "is no media type"),
        ({"categories": {"a": {"code": "attachment.video", "called": "x", "ends": []}}}, "Extra inputs"),
        ({"blocks": []}, "Extra inputs"),
        ({"not_passwords": {"everywhere": {"en": ["soon"]}}}, "Extra inputs"),
        ({"not_passwords": {"anywhere": {"english": ["soon"]}}}, "should match pattern"),
        ({"not_passwords": {"anywhere": {"en": [""]}}}, "at least 1 character"),
    ],
)
def test_settings_that_are_refused(values: dict[str, Any], sentence: str) -> None:
    """Each mistake has its sentence."""
    with pytest.raises(ValidationError) as refused:
        settings(**values)
    assert sentence in str(refused.value)


def test_declarations() -> None:
    """Codes, clauses and shipped actions as the policy has them."""
    filter_class: type[Filter] = Attachments
    assert filter_class.name == "attachments"
    assert CODES["attachment.executable"][:2] == ("security.executables", "quarantine")
    assert CODES["attachment.macro"][:2] == ("security.unauthorised-software", "tag")
    assert CODES["attachment.music"][:2] == CODES["attachment.video"][:2] == ("email.copyright", "log")
    assert Attachments.shipped_directions == DIRECTIONS


# --- the shipped categories ------------------------------------------------------------------------------------------

GMAIL = """
ade adp apk appx appxbundle bat cab chm cmd com cpl diagcab diagcfg diagpkg dll dmg ex ex_ exe hta img ins iso
isp jar jnlp js jse lib lnk mde mjs msc msi msix msixbundle msp mst nsh pif ps1 scr sct shb sys vb vbe vbs vhd
vxd wsc wsf wsh xll
"""
MACOS_AND_LINUX = """
command tool terminal webloc inetloc fileloc afploc pkg mpkg mobileconfig scpt scptd workflow action dylib
bundle plugin kext prefpane saver osax sh bash zsh fish run bin appimage desktop rb php so
"""
WINDOWS = """
rdp ica appinstaller vsto vsix searchconnector-ms mcl glk iqy slk wll drv ocx job themepack deskthemepack wcx
msrcincident
"""


@pytest.mark.parametrize("extension", [*GMAIL.split(), *MACOS_AND_LINUX.split(), *WINDOWS.split()])
async def test_shipped_lists_hold_what_they_must(extension: str) -> None:
    """Gmail's list and the additions for Windows, macOS and Linux are quarantined as shipped."""
    raw = multipart(TEXT, named(f"a.{extension}".encode()))
    (finding,) = await check(raw)
    assert CODES[finding.code].action == "quarantine"


USUAL = "pdf docx xlsx pptx odt txt csv html eml zip 7z png jpg ics vcf xml json"


@pytest.mark.parametrize("extension", [*USUAL.split()])
async def test_shipped_lists_hold_nothing_usual(extension: str) -> None:
    """No category has the files that offices send each other all day."""
    assert await check(multipart(TEXT, named(f"a.{extension}".encode()))) == []


def test_shipped_categories_are_in_order() -> None:
    """Every extension once; those of `block` as shipped exist, and no quarantined category is left out of it."""
    categories = {name: Category(**values) for name, values in CATEGORIES.items()}
    extensions = [end for category in categories.values() for end in category.extensions]
    assert len(extensions) == len(set(extensions))
    assert {name for name, category in categories.items() if category.blocked} == set(settings().block)
