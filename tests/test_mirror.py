"""Unit tests lie where the modules lie that they test.

`gateway/act/relay/routes.py` is tested by `tests/unit/act/relay/test_routes.py`, `filters/virus/filter.py` by
`tests/unit/filters/virus/test_filter.py`. A second file for one module is called `test_<module>_<aspect>.py`.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
UNIT = Path("tests/unit")
#: Tests of the project itself, which mirror no module.
OF_THE_PROJECT = ("docs", "project")
#: The revisions of the database: `remember/database/test_migrate.py` runs them all.
REVISIONS = Path("gateway/remember/migrations")

#: Modules that have no unit test file of their own name, by folder: their neighbours' tests run them. This list only
#: shrinks. Whoever makes the file for a module takes its name out here; nobody adds one.
WITHOUT_TEST: Mapping[str, str] = {
    "filters/attachments": "codes evidence searched_texts",
    "filters/audience": "address_variants crowd lists misdirection settings",
    "filters/disclaimer": "body_texts remarks settings",
    "filters/external": "correspondence settings",
    "filters/payment_change": "decision ledger_signals passages pointing quotations sender_signals settings signals",
    "filters/personal": "settings use",
    "filters/virus": "scanned_contents settings",
    "gateway/act/relay": "connection_pool",
    "gateway/act/release": "account_choice held_mail recheck trial",
    "gateway/act/rules": "confirmation release_rules",
    "gateway/act/signing": "arc key_record",
    "gateway/contract": "filter mail services",
    "gateway/log": "reference",
    "gateway/directory": "compiler describe refresh",
    "gateway/judge": "describe",
    "gateway/matching": "lookalike resemblance",
    "gateway/message": "defects part sender",
    "gateway/message/edits": "contentfields flowed plan wrapping",
    "gateway/message/encodings": "uuencode yenc",
    "gateway/message/folding": "characters disguises layers letters_apart",
    "gateway/message/header": "field odd_names",
    "gateway/message/mime": "delimiters division hidden mending",
    "gateway/message/text": """
        charset_readings harmless legibility lines mail_signatures message_view plain_formats possible_rules
        quotes saved senders shield view
    """,
    "gateway/message/text/html": """
        colours documents_inside elements flow hiding html_readings markup places seen_lines styled text_colours
        viewer
    """,
    "gateway/operations": "as_json read_held trial_process",
    "gateway/processes": "child",
    "gateway/receive": "connection listener transaction",
    "gateway/remember": "ledger_admin ledger_keys records status_figures",
    "gateway/remember/rows": "audit contents held history hold ledger outbox usage",
    "gateway/services": "keyed_hash leaf_scanner read_only",
    "gateway/settings/chain": "actions checks entries rules unchecked",
    "gateway/settings/directory": "checks csv_settings ldap_entries people",
    "gateway/settings": "limits listener models signing store_url",
    "gateway/settings/yaml": "problems sentences yaml_model yaml_reading",
    "gateway/smtp": "replies",
    "gateway/understand/authentication": "deadline dkim_keys",
    "gateway/understand": "budget inspected_part member sharing tree unfold",
    "gateway/understand/documents": "office_open_xml opendocument pdf_drawing pdf_objects rich_text",
    "gateway/understand/openers/archives": """
        archive_reader intel_hex old_tar placement sealed_signatures signatures streams unknown zip_conflicts
        zip_directories zip_layout zip_methods zip_records
    """,
    "gateway/understand/openers": "inflation",
    "gateway/understand/openers/office/decryption": "binary keys package",
    "gateway/understand/openers/office": "office_xml ole_package ooxml_fields word_binary zip_parts",
    "gateway/understand/openers/outlook": "mapi",
    "gateway/understand/openers/pages": "constants decoded_scripts entities page_kinds page_octets smuggling",
    "gateway/understand/openers/pdf": "body embedded_files encrypted filters",
    "gateway/understand/openers/secured": "pgp_packets",
    "gateway/understand/sandbox": "confine frames reply_validation worker",
}


def modules(project: Path) -> list[Path]:
    """Return the modules that need a unit test. A module without any function is a table, and needs none."""
    found = sorted(path for top in ("gateway", "filters") for path in (project / top).rglob("*.py"))
    named = (path.relative_to(project) for path in found if path.name != "__init__.py")
    return [path for path in named if not path.is_relative_to(REVISIONS) and _has_function(project / path)]


def _has_function(path: Path) -> bool:
    nodes = ast.walk(ast.parse(path.read_text()))
    return any(isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) for node in nodes)


def unit_tests(project: Path) -> list[Path]:
    """Return the unit test files that must mirror a module."""
    found = (path.relative_to(project) for path in sorted((project / UNIT).rglob("test_*.py")))
    return [path for path in found if path.relative_to(UNIT).parts[0] not in OF_THE_PROJECT]


def place_of(module: Path) -> Path:
    """Return the path of a module's unit test file."""
    inside = module.relative_to("gateway") if module.is_relative_to("gateway") else module
    return UNIT / inside.parent / f"test_{inside.name}"


def mirrored(test: Path, project: Path) -> Path | None:
    """Return the module that a test file mirrors: the longest name that fits, since an aspect may follow it."""
    folder = test.relative_to(UNIT).parent
    within = folder if folder.is_relative_to("filters") else Path("gateway") / folder
    words = test.stem.removeprefix("test_").split("_")
    for length in range(len(words), 0, -1):
        module = within / f"{'_'.join(words[:length])}.py"
        if (project / module).is_file():
            return module
    return None


def faults(project: Path, without: Mapping[str, str]) -> list[str]:
    """Return a sentence for each module without a test, each wrong entry of the list and each test without a module."""
    found = modules(project)
    listed = {Path(folder) / f"{name}.py" for folder, names in without.items() for name in names.split()}
    tests = {test: mirrored(test, project) for test in unit_tests(project)}
    tested = set(tests.values())
    return [
        *(f"{one} has no unit test: make {place_of(one)}" for one in found if one not in tested | listed),
        *(f"{one} has got its unit test: take it out of WITHOUT_TEST" for one in found if one in tested & listed),
        *(f"{one} needs no unit test: take it out of WITHOUT_TEST" for one in sorted(listed - set(found))),
        *(f"{one} mirrors no module: {_advice(one, found)}" for one, module in tests.items() if module is None),
    ]


def _advice(test: Path, found: list[Path]) -> str:
    """Name the places of modules that are called as the test is."""
    places = [str(place_of(module)) for module in found if place_of(module).name == test.name]
    return f"move it to {' or '.join(places)}" if places else "name it after the module that it tests, in its folder"


def test_unit_tests_mirror_the_modules() -> None:
    """Each module has a test file of its own name or stands in the list, and each test file has a module."""
    found = faults(PROJECT, WITHOUT_TEST)
    assert not found, "\n".join(found)


def test_faults_are_found(tmp_path: Path) -> None:
    """One of each kind, in a project with three modules and a table."""
    for name in ("gateway/act/pool.py", "gateway/app.py", "filters/virus/filter.py"):
        _write(tmp_path / name, "def run(): ...\n")
    _write(tmp_path / "gateway/act/table.py", "WORDS = ('a', 'b')\n")
    for name in ("act/test_pool_idle.py", "act/test_tank.py", "docs/test_links.py", "test_filter.py"):
        _write(tmp_path / UNIT / name, "")

    assert faults(tmp_path, {"gateway/act": "pool table"}) == [
        "filters/virus/filter.py has no unit test: make tests/unit/filters/virus/test_filter.py",
        "gateway/app.py has no unit test: make tests/unit/test_app.py",
        "gateway/act/pool.py has got its unit test: take it out of WITHOUT_TEST",
        "gateway/act/table.py needs no unit test: take it out of WITHOUT_TEST",
        "tests/unit/act/test_tank.py mirrors no module: name it after the module that it tests, in its folder",
        "tests/unit/test_filter.py mirrors no module: move it to tests/unit/filters/virus/test_filter.py",
    ]


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
