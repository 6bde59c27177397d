"""The arrows between the gateway's rooms, read from the imports; and what no module may do."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

from filters import COMMANDS
from filters.registry import FILTERS
from gateway.app import operation_classes
from gateway.contract import operations_of

PROJECT = Path(__file__).resolve().parent.parent
MODULES = sorted([*(PROJECT / "gateway").rglob("*.py"), *(PROJECT / "filters").rglob("*.py")])

#: Modules that may lie beside the folders of the gateway.
ROOT = {"gateway", "gateway.__main__", "gateway.app", "gateway.journey"}

#: Each folder of the gateway, each module at its root and the filters -> what of the project they may import besides
#: themselves. A name stands for what is below it too.
ARROWS: dict[str, set[str]] = {
    # Both load nothing of the gateway: a command that only asks has them, and little else.
    "gateway.characters": set(),
    "gateway.control": set(),
    "gateway.message": {"gateway.characters"},
    # Every step counts what it does, as it logs.
    "gateway.measures": set(),
    # Dates and hours, for filters.
    "gateway.calendar": set(),
    "gateway.matching": {"gateway.message"},
    "gateway.contract": {"gateway.control", "gateway.matching", "gateway.message"},
    "filters": {"gateway.calendar", "gateway.contract", "gateway.matching", "gateway.message"},
    "gateway.smtp": {"gateway.message"},
    "gateway.log": {"gateway.smtp"},
    # A session knows why no login can be checked; what checks logins is handed in.
    "gateway.receive": {
        "gateway.contract",
        "gateway.logins.trouble",
        "gateway.measures",
        "gateway.message",
        "gateway.smtp",
    },
    "gateway.understand": {"gateway.contract", "gateway.measures", "gateway.message"},
    "gateway.language_model": {
        "gateway.matching",
        "gateway.measures",
        "gateway.message",
        "gateway.understand.inspected_part",  # the error of a frame that makes no sense
        "gateway.understand.sandbox",  # the frames, and the lock of a process
    },
    "gateway.services": {"gateway.contract", "gateway.matching", "gateway.measures", "gateway.message"},
    "gateway.remember": {"gateway.contract", "gateway.control", "gateway.measures", "gateway.message"},
    "gateway.settings": {"gateway.contract", "gateway.matching", "gateway.message"},
    "gateway.directory": {"gateway.contract", "gateway.matching", "gateway.message", "gateway.settings"},
    "gateway.logins": {"gateway.contract", "gateway.directory.ldap", "gateway.settings.auth", "gateway.settings.yaml"},
    "gateway.judge": {
        "gateway.contract",
        "gateway.control",
        "gateway.measures",
        "gateway.message",
        "gateway.settings.chain",
        "gateway.settings.network",
        "gateway.understand.entry",
    },
    "gateway.act": {
        "gateway.characters",
        "gateway.contract",
        "gateway.control",
        "gateway.judge",
        "gateway.matching",
        "gateway.measures",
        "gateway.message",
        "gateway.receive",
        "gateway.remember",
        "gateway.settings",
        "gateway.smtp",
        "gateway.understand",
    },
    "gateway.journey": {
        "gateway.act",
        "gateway.contract",
        "gateway.control",
        "gateway.judge",
        "gateway.message",
        "gateway.receive",
        "gateway.remember",
        "gateway.smtp",
        "gateway.understand",
    },
    # What stands above knows nearly all: what builds each step, the composition root, then what an operator may ask,
    # processes, commands.
    "gateway.assemble": {
        "gateway.act",
        "gateway.contract",
        "gateway.directory",
        "gateway.judge",
        "gateway.language_model",
        "gateway.logins",
        "gateway.matching",
        "gateway.message",
        "gateway.receive",
        "gateway.remember",
        "gateway.services",
        "gateway.settings",
        "gateway.understand",
    },
    "gateway.app": {
        "filters",
        "gateway.act",
        "gateway.assemble",
        "gateway.contract",
        "gateway.directory",
        "gateway.journey",
        "gateway.judge",
        "gateway.language_model",
        "gateway.matching",
        "gateway.remember",
        "gateway.services",
        "gateway.settings",
        "gateway.understand",
    },
    # What is shown of the gateway's health, over HTTP and in `status`.
    "gateway.monitoring": {
        "gateway.act",
        "gateway.app",
        "gateway.assemble",
        "gateway.contract",
        "gateway.measures",
        "gateway.remember",
        "gateway.services",
        "gateway.settings",
    },
    "gateway.operations": {
        "gateway.act",
        "gateway.app",
        "gateway.assemble",
        "gateway.characters",
        "gateway.contract",
        "gateway.control",
        "gateway.directory",
        "gateway.judge",
        "gateway.language_model",
        "gateway.log",
        "gateway.matching",
        "gateway.message",
        "gateway.monitoring",
        "gateway.remember",
        "gateway.services",
        "gateway.settings",
        "gateway.smtp",
        "gateway.understand",
    },
    "gateway.processes": {
        "gateway.app",
        "gateway.assemble",
        "gateway.contract",
        "gateway.control",  # the lock on data_dir, which `db copy` takes too
        "gateway.directory",
        "gateway.log",
        "gateway.logins",
        "gateway.measures",
        "gateway.monitoring",
        "gateway.operations",
        "gateway.receive",
        "gateway.remember",
        "gateway.services",
        "gateway.settings",
    },
    # A command asks the gateway by its client, and loads what it shows. `filters` has the names of filters' commands.
    "gateway.cli": {
        "filters",
        "gateway.act.local_time",
        "gateway.act.reports.summary",
        "gateway.characters",
        "gateway.control",
        "gateway.log.sizes",
        "gateway.operations.evidence",
        "gateway.operations.ids",
        "gateway.settings.places",
        "gateway.settings.yaml.problems",
        "gateway.smtp",
    },
    # These commands do their work themselves.
    "gateway.cli.local": {
        "gateway.act",
        "gateway.app",
        "gateway.assemble",
        "gateway.cli",
        "gateway.contract",
        "gateway.control",
        "gateway.directory",
        "gateway.judge",
        "gateway.log",
        "gateway.logins",
        "gateway.message",
        "gateway.operations",
        "gateway.processes",
        "gateway.remember",
        "gateway.services",
        "gateway.settings",
        "gateway.smtp",
        "gateway.understand",
    },
    "gateway.__main__": {"gateway.cli"},
}

#: Each folder inside such a folder -> what it may import of the folder around it. Names are those behind the folder's.
INSIDE: dict[str, set[str]] = {
    "act.notices": {"records", "rules", "shortening"},
    "act.relay": set(),
    # The report is a message of our own too; its figures need nothing of the other steps.
    "act.reports": {"notices", "records"},
    "act.release": {
        "keeper",
        "local_time",
        "notices",
        "records",
        "rules",
        "signing",
        "trace_field",
    },  # a step has notices
    "act.rules": set(),
    "act.signing": set(),
    "cli.local": {"collector", "control_client", "desk", "new_files", "options", "output", "since"},
    "cli.review": {"desk", "output", "reading", "since"},
    "message.edits": {"encodings", "header", "mime", "model", "part", "text"},
    "message.encodings": set(),
    "message.folding": {"computed_once"},
    "message.header": {"computed_once", "defect", "encodings"},
    "message.mime": {"defect", "encodings", "header", "model", "part", "reading"},
    "message.text": {"encodings", "folding", "header", "part", "passage"},
    # A trial judges each message twice as `explain` judges it once; the journal may be off.
    "operations.backtest": {"explain", "journal"},
    "remember.chain": {"database"},
    "remember.copies": {"chain", "database"},
    "remember.database": {"records"},
    # Audit rows that wait are written before they are counted.
    "remember.figures": {"audit", "database", "rows"},
    "remember.mail_journal": {"database"},
    "remember.migrations": {"chain", "database"},
    "remember.rows": {"chain", "database", "ledger_keys", "records"},
    "settings.auth": {"directory", "files", "listener", "yaml"},
    "settings.chain": {"network", "store_url", "yaml"},
    "settings.directory": {"files", "yaml"},
    "settings.yaml": set(),
    "understand.authentication": {"entry"},
    "understand.documents": {"budget", "member", "openers.office", "openers.pdf"},
    "understand.openers": {"budget", "member"},
    "understand.sandbox": {"budget", "documents", "inspected_part", "member", "openers", "true_type", "walk"},
}

#: Files of Python that a folder may hold besides its sub-folders.
MOST_FILES = 23

#: Libraries that take hostile content apart: loaded by the processes of the sandbox, and by nobody else.
PARSERS = ("magic", "pypdf", "rarfile", "libarchive", "xml.parsers.expat")

#: Libraries of the language model: loaded by its process, and by nobody else.
MODEL = ("onnxruntime", "tokenizers", "numpy")

#: Libraries that draw: loaded by the command or the program that draws, and by no process that takes mail.
DRAWING = ("pygal", "textual")

#: The only exceptions that may be caught whole, with the reason beside each.
BROAD = {
    "gateway.judge.chain": "whatever goes wrong in a filter is a finding (law 2)",
    "gateway.receive.connection": "a programmer's error costs one message a 451, not the process",
    "gateway.receive.session_limits": "unknown trouble with a message is temporary (law 1)",
    "gateway.operations.control": "the person at the other end is told; the gateway goes on",
    "gateway.processes.fork": "a copy ends as a program would: with a trace and status 1",
    "gateway.operations.supervisor_channel": "the other process is told; this one goes on",
    "gateway.understand.walk": "a parser of hostile content that fails is a defect of that part",
    "gateway.act.keeper": "one part of a round, or of an attempt, must not stop the others, nor the record of its end",
    "gateway.act.deliver": "a copy that can't be relayed must not bring others again that a next hop has taken",
    "gateway.act.journalling": "mail that a next hop has taken goes on, whatever becomes of the journal",
    "gateway.journey": "mail that is delivered is answered 250, or the client would send it again",
    "gateway.act.notices.notices": "a notice that can't be made waits for its person alone",
    "gateway.monitoring.http_listener": "a page that can't be made is answered 500; the keeper goes on",
    "gateway.act.notices.digests": "a digest that can't be made waits for its person alone",
}


def name_of(path: Path) -> str:
    parts = path.relative_to(PROJECT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


@pytest.fixture(scope="module", autouse=True)
def _forget_trees() -> Iterator[None]:
    """Keep the trees no longer than for these tests: they are large."""
    yield
    tree_of.cache_clear()


@cache
def imports(path: Path) -> tuple[str, ...]:
    """Every module of the project that this one names, inside functions and type-checking blocks too."""
    return tuple(_imports(path))


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if _is_ours(alias.name))
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: a relative import hides an arrow"
            if node.module and _is_ours(node.module):
                yield from (_named(node.module, alias.name) for alias in node.names)


def _is_ours(module: str) -> bool:
    """`import gateway` alone names the folder, for the files in it."""
    return module.partition(".")[0] in ("gateway", "filters", "tests") and module != "gateway"


def _named(module: str, name: str) -> str:
    """`from gateway.act import relay` names a module, `from gateway.contract import Mail` does not."""
    place = PROJECT.joinpath(*module.split("."), name)
    return f"{module}.{name}" if place.is_dir() or place.with_suffix(".py").exists() else module


def within(module: str, room: str) -> bool:
    return module == room or module.startswith(room + ".")


def in_room(room: str) -> list[Path]:
    return [path for path in MODULES if within(name_of(path), room)]


@pytest.mark.parametrize("room", ARROWS)
def test_the_arrows(room: str) -> None:
    """Each room knows what the design lets it know, and nothing else."""
    assert in_room(room), f"there is no {room}"
    assert wrong_imports(room, {room, *ARROWS[room]}, within_room="") == []


@pytest.mark.parametrize("folder", INSIDE)
def test_the_arrows_inside(folder: str) -> None:
    """So does each folder inside a room; what is outside of the room is the room's."""
    room = f"gateway.{folder.partition('.')[0]}"
    allowed = {f"gateway.{folder}", *(f"{room}.{name}" for name in INSIDE[folder])}
    assert in_room(f"gateway.{folder}"), f"there is no gateway.{folder}"
    assert wrong_imports(f"gateway.{folder}", allowed, within_room=room) == []


def wrong_imports(room: str, allowed: set[str], *, within_room: str) -> list[str]:
    """Return a sentence for each import that is not allowed: which one to move, and where it stands.

    A folder inside that has arrows of its own is not looked at.
    """
    apart = [one for one in ARROWS if one.startswith(room + ".")]
    return [
        f"{path.relative_to(PROJECT)} imports {module}: move what it needs from there, or the importer"
        for path in in_room(room)
        if not holds_commands(path) and not any(within(name_of(path), one) for one in apart)
        for module in imports(path)
        if within(module, within_room) or not within_room
        if not any(within(module, one) for one in allowed)
    ]


def holds_commands(path: Path) -> bool:
    """Return whether a module holds the commands of a filter: it stands above the command line, as one of its own."""
    return path.name == "commands.py" and within(name_of(path), "filters")


def test_the_arrows_of_commands() -> None:
    """Commands of a filter know the filter's other modules and four public faces, `gateway.cli` the fourth."""
    wrong = [
        f"{path.relative_to(PROJECT)} imports {module}: let gateway/cli/__init__.py hand on what commands need"
        for path in filter(holds_commands, MODULES)
        for module in imports(path)
        if module != "gateway.cli" and not any(within(module, one) for one in ("filters", *ARROWS["filters"]))
    ]
    assert wrong == []


def folders() -> list[str]:
    """Return every folder of the program, in dotted form."""
    return sorted({".".join(path.relative_to(PROJECT).parent.parts) for path in MODULES})


def test_there_is_no_cycle_of_files() -> None:
    assert cycles({name_of(path): set(imports(path)) for path in MODULES}) == []


@pytest.mark.parametrize("folder", folders())
def test_there_is_no_cycle_in_a_folder(folder: str) -> None:
    """The files and sub-folders of each folder know one another in one direction only."""
    arrows: dict[str, set[str]] = {}
    for path in in_room(folder):
        if name_of(path) == folder:
            continue
        unit = unit_of(name_of(path), folder)
        arrows.setdefault(unit, set()).update(
            unit_of(module, folder) for module in imports(path) if module.startswith(folder + ".")
        )
    assert cycles(arrows) == []


def unit_of(module: str, folder: str) -> str:
    """Return the file or sub-folder of a folder in which a module stands."""
    return f"{folder}.{module.removeprefix(folder + '.').partition('.')[0]}"


def cycles(arrows: Mapping[str, set[str]]) -> list[str]:
    """Return one shortest cycle through each node that has one: `a -> b -> a`."""
    found: dict[frozenset[str], str] = {}
    for start in arrows:
        waiting, came_from = [start], dict[str, str]()
        while waiting:
            node = waiting.pop(0)
            for target in sorted(arrows.get(node, set()) - {node}):
                if target == start:
                    way = [node]
                    while way[-1] != start:
                        way.append(came_from[way[-1]])
                    found.setdefault(frozenset(way), " -> ".join([*reversed(way), start]))
                    waiting.clear()
                    break
                if target not in came_from and target in arrows:
                    came_from[target] = node
                    waiting.append(target)
    return sorted(found.values())


def test_cycles_are_found() -> None:
    """The test above would see one."""
    assert cycles({"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": set()}) == ["a -> b -> c -> a"]
    assert cycles({"a": {"b", "a"}, "b": set()}) == []


def test_the_root_holds_few_modules() -> None:
    beside = {name_of(path) for path in MODULES if path.parent == PROJECT / "gateway"}
    assert beside == ROOT


@pytest.mark.parametrize("folder", folders())
def test_no_folder_is_a_heap(folder: str) -> None:
    files = [path.name for path in (PROJECT / folder.replace(".", "/")).glob("*.py") if path.name != "__init__.py"]
    assert len(files) <= MOST_FILES, f"{folder} holds {len(files)} files: find the folder that some of them make"


def test_no_import_is_hidden() -> None:
    """An import of the project stands at the head of its file: not in a function, nor under TYPE_CHECKING."""
    hidden = [
        f"{path.relative_to(PROJECT)}:{node.lineno}: {ast.unparse(node)}"
        for path in MODULES
        for block in ast.walk(tree_of(path))
        if isinstance(block, ast.FunctionDef | ast.AsyncFunctionDef | ast.If)
        for node in ast.walk(block)
        if isinstance(node, ast.ImportFrom) and node.module and _is_ours(node.module)
    ]
    assert hidden == []


def test_a_filter_knows_no_other_filter() -> None:
    """It imports the contract, and pieces of its own folder; the registry alone names them all."""
    for path in in_room("filters"):
        name = name_of(path)
        if name == "filters.registry":
            continue
        own = ".".join(name.split(".")[:2])
        assert {m for m in imports(path) if within(m, "filters") and not within(m, own)} == set(), name


def test_only_the_composition_root_imports_filters() -> None:
    """`app.py` names them to the settings; `assemble` builds them. `cli` knows their commands."""
    found = {name_of(path): [m for m in imports(path) if within(m, "filters")] for path in in_room("gateway")}
    assert {name: modules for name, modules in found.items() if modules} == {
        "gateway.app": ["filters.registry"],
        "gateway.cli.menu": ["filters"],
    }


def test_the_gateway_names_no_filter() -> None:
    """No module has the name of a filter, and none of `operations` and `cli` a text with it: filters contribute.

    A filter may add to a group of the gateway's own, as `report personal` does: the group's name is no filter's then.
    """
    operations = {one.name for one in operations_of(*operation_classes())}
    groups = {name.partition(".")[0] for name in operations} - {
        name.partition(" ")[0] for name in COMMANDS if " " in name
    }
    names = {*FILTERS, *COMMANDS, *operations, *groups}
    modules = {path: name_of(path).split(".")[1:] for path in in_room("gateway")}
    texts = {path: constants(path) for room in ("gateway.operations", "gateway.cli") for path in in_room(room)}
    found = [
        f"{path.relative_to(PROJECT)} names {name}: let the filter contribute it (gateway/contract/filter.py: Operates)"
        for words in (modules, texts)
        for path, said in words.items()
        for name in sorted(names.intersection(said))
    ]
    assert found == []
    assert operations


def constants(path: Path) -> list[str]:
    """Return the texts in a module that stand as values."""
    nodes = (node for node in ast.walk(tree_of(path)) if isinstance(node, ast.Constant))
    return [node.value for node in nodes if isinstance(node.value, str)]


def test_every_room_is_judged_here() -> None:
    """A new folder of the gateway needs its arrows."""
    rooms = {f"gateway.{path.name}" for path in (PROJECT / "gateway").iterdir() if (path / "__init__.py").exists()}
    assert rooms | ROOT == {*ARROWS, "gateway"} - {"filters", "gateway.cli.local"}
    inside = {name.removeprefix("gateway.") for name in folders() if name.startswith("gateway.") and "." in name[8:]}
    assert {name for name in inside if name.count(".") == 1} == set(INSIDE)
    assert not [name_of(p) for p in MODULES if any(within(m, "tests") for m in imports(p))]


def test_the_top_package_is_empty() -> None:
    """The others hold a docstring, and the names that they hand on; filters are registered."""
    assert (PROJECT / "gateway" / "__init__.py").read_bytes() == b""
    for path in MODULES:
        if path.name != "__init__.py" or name_of(path) == "filters":
            continue
        statements = [node for node in tree_of(path).body if not isinstance(node, ast.ImportFrom)]
        assert all(isinstance(n, ast.Expr) or _is_all(n) for n in statements), path


def _is_all(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"


def test_parsers_of_hostile_content_are_loaded_in_the_sandbox_only() -> None:
    """A worker has none of them in its memory, and nothing that draws; a process of the sandbox has all parsers."""
    script = f"import sys, {{}}; print(*(name for name in {(*PARSERS, *MODEL, *DRAWING)!r} if name in sys.modules))"
    loaded = {
        module: subprocess.run(
            [sys.executable, "-c", script.format(module)], capture_output=True, check=True, cwd=PROJECT, text=True
        ).stdout.split()
        for module in (
            *("gateway.cli.local.serve", "gateway.processes.process"),
            *("gateway.understand.sandbox.worker", "gateway.language_model.process"),
        )
    }
    assert loaded["gateway.cli.local.serve"] == []  # the supervisor's, of which workers are copies
    assert loaded["gateway.processes.process"] == []
    assert loaded["gateway.understand.sandbox.worker"] == list(PARSERS)
    assert loaded["gateway.language_model.process"] == []  # it locks itself before it loads any of them


def test_every_module_says_what_it_owns() -> None:
    """A docstring, and annotations from the future."""
    for path in MODULES:
        body = tree_of(path).body
        if not body or path.name == "__main__.py":
            continue
        assert ast.get_docstring(tree_of(path)), path
        code = [n for n in body[1:] if not isinstance(n, ast.Expr)]
        first = code[0] if code and path.name != "__init__.py" else None
        assert first is None or (isinstance(first, ast.ImportFrom) and first.module == "__future__"), path


def calls(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call):
            yield node.lineno, ast.unparse(node.func)


def test_no_task_is_lost() -> None:
    """Tasks live in a TaskGroup: a bare one's exception goes nowhere, and it may be collected while it runs."""
    bare = (
        "asyncio.create_task",
        "asyncio.ensure_future",
        "loop.create_task",
        "asyncio.get_running_loop().create_task",
    )
    found = {name_of(path) for path in MODULES for _, name in calls(path) if name in bare}
    assert found == {"gateway.remember.database.database"}  # shielded and awaited to its end by the same function


def test_nothing_blocks_the_loop_by_sleeping() -> None:
    """`time.sleep` only before the loop runs, or in a thread."""
    found = {name_of(path) for path in MODULES for _, name in calls(path) if name == "time.sleep"}
    assert found <= {
        "gateway.processes.fork",
        "gateway.processes.supervisor",
        "gateway.remember.database.sqlite",
        "gateway.message.time_slices",
    }


def test_errors_are_caught_by_name() -> None:
    """`except Exception` only where each has its reason, and a test that proves the fail-closed answer."""
    found = [name_of(path) for path in MODULES for node in ast.walk(tree_of(path)) if _is_broad(node)]
    assert {name for name in found if not any(within(name, one) for one in BROAD)} == set()
    # chain (2), session (2), control, channel, walk (2), forked, keeper (5), deliver (2), journalling, notices,
    # digests, HTTP; a new one needs a reason
    assert len(found) <= 20


def _is_broad(node: ast.AST) -> bool:
    """Return whether a handler catches everything and goes on; clean-up that raises again is no catch."""
    if not isinstance(node, ast.ExceptHandler):
        return False
    broad = node.type is None or ast.unparse(node.type) in ("Exception", "BaseException")
    return broad and not any(isinstance(inner, ast.Raise) and inner.exc is None for inner in ast.walk(node))


def test_names_are_nouns_that_say_something() -> None:
    """The house rule."""
    empty = {"utils", "util", "common", "helpers", "manager", "base", "misc"}
    assert {path.stem for path in MODULES} & empty == set()


#: What cuts or compares the end of a text; of a name it would miss the other forms of the name.
_ENDS = {"endswith", "removesuffix", "rpartition", "rsplit", "splitext"}

#: Filters that look at files.
_JUDGES = ("filters.attachments", "filters.disclaimer", "filters.personal", "filters.virus")

#: Those that may, with the reason beside each.
_ENDS_OF_NAMES = {
    "gateway.understand.openers.outlook.mapi": "folders are cut from names, which are then compared by their forms",
    "gateway.understand.openers.outlook.tnef": "folders are cut from names",
    "gateway.understand.openers.archives.old_tar": "a test for a header of tar, no name of a kind",
    "gateway.understand.openers.archives.zip": "a folder in an archive ends in a slash",
    "gateway.understand.openers.office": "names of parts in a document's own format (ECMA-376 part 2, ODF part 3)",
    "gateway.understand.documents": "names of parts in a document's own format",
    "filters.attachments.filter": "a folder in an archive ends in a slash",
}


def test_names_are_compared_in_all_their_forms() -> None:
    """Nothing that judges a file looks at the end of a name as it is written: it asks for `extensions`."""
    found = {
        f"{name_of(path)}:{node.lineno}: {ast.unparse(node)}"
        for room in ("gateway.understand.openers", "gateway.understand.documents", "gateway.message.text", *_JUDGES)
        for path in in_room(room)
        if not any(within(name_of(path), one) for one in _ENDS_OF_NAMES)
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _ENDS
        if "name" in ast.unparse(node.func.value).lower()
    }
    assert found == set()
