"""The arrows between the gateway's rooms, read from the imports; and what no module may do."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
MODULES = sorted([*(PROJECT / "gateway").rglob("*.py"), *(PROJECT / "filters").rglob("*.py")])

#: room -> what of the project its modules may import, besides the room itself. A name stands for what is below it too.
ARROWS: dict[str, set[str]] = {
    "gateway.message": set(),
    # It hands on those services that are pure words and comparisons: a filter's settings are checked with them.
    "gateway.contract": {
        "gateway.message",
        "gateway.matching.lexicon",
        "gateway.matching.lookalike",
        "gateway.matching.resemblance",
        "gateway.message.spells",
        "gateway.matching.word_lines",
        "gateway.matching.word_rules",
    },
    "filters": {"gateway.contract"},
    "gateway.receive": {"gateway.contract", "gateway.message"},
    "gateway.understand": {"gateway.contract", "gateway.message", "gateway.message.spells"},
    "gateway.services": {"gateway.contract", "gateway.message"},
    "gateway.remember": {"gateway.contract", "gateway.message"},
    "gateway.settings": {"gateway.contract"},
    "gateway.judge": {
        "gateway.contract",
        "gateway.message",
        "gateway.settings.chain.entries",
        "gateway.settings.network",
        "gateway.understand.entry",
    },
    "gateway.act": {
        "gateway.contract",
        "gateway.message",
        "gateway.judge",
        "gateway.receive",
        "gateway.remember",
        "gateway.understand",
        "gateway.settings.chain.entries",
    },
}

#: Libraries that take hostile content apart: loaded by the processes of the sandbox, and by nobody else.
PARSERS = ("magic", "pypdf", "rarfile", "libarchive", "xml.parsers.expat")

#: The only exceptions that may be caught whole, with the reason beside each.
BROAD = {
    "gateway.judge.chain": "whatever goes wrong in a filter is a finding (law 2)",
    "gateway.receive.connection": "a programmer's error costs one message a 451, not the process",
    "gateway.receive.session_limits": "unknown trouble with a message is temporary (law 1)",
    "gateway.operations.control": "the person at the other end is told; the gateway goes on",
    "gateway.processes.fork": "a copy ends as a program would: with a trace and status 1",
    "gateway.operations.supervisor_channel": "the other process is told; this one goes on",
    "gateway.understand.walk": "a parser of hostile content that fails is a defect of that part",
}


def name_of(path: Path) -> str:
    parts = path.relative_to(PROJECT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def imports(path: Path) -> Iterator[str]:
    """Every module of the project that this one names, inside functions and type-checking blocks too."""
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
    allowed = {room, *ARROWS[room]}
    wrong = {
        f"{name_of(path)} imports {module}"
        for path in in_room(room)
        for module in imports(path)
        if not any(within(module, one) for one in allowed)
    }
    assert wrong == set()


def test_a_filter_knows_no_other_filter() -> None:
    """It imports the contract, and pieces of its own folder; the registry alone names them all."""
    for path in in_room("filters"):
        name = name_of(path)
        if name == "filters":
            continue
        own = ".".join(name.split(".")[:2])
        assert {m for m in imports(path) if within(m, "filters") and not within(m, own)} == set(), name


def test_only_the_composition_root_imports_filters() -> None:
    """`app.py` hands them out."""
    found = {name_of(path) for path in in_room("gateway") if any(within(m, "filters") for m in imports(path))}
    assert found == {"gateway.app"}


def test_no_room_knows_who_uses_it() -> None:
    """app, cli, supervisor, children, started and process stand above; the program never imports its tests."""
    above = (
        "gateway.app",
        "gateway.cli",
        "gateway.processes.supervisor",
        "gateway.processes.child",
        "gateway.processes.__main__",
        "gateway.processes.process",
        "gateway.journey",
    )
    for room in ARROWS:
        for path in in_room(room):
            assert not [m for m in imports(path) if any(within(m, one) for one in above)], name_of(path)
    assert not [name_of(p) for p in MODULES if any(within(m, "tests") for m in imports(p))]


def test_every_room_is_judged_here() -> None:
    """A new folder of the gateway needs its arrows, unless it stands above all."""
    rooms = {f"gateway.{path.name}" for path in (PROJECT / "gateway").iterdir() if (path / "__init__.py").exists()}
    assert rooms - set(ARROWS) == {"gateway.cli"}


def test_the_top_package_is_empty() -> None:
    """And the others hold a docstring at most; `settings` hands on its names, filters are registered."""
    assert (PROJECT / "gateway" / "__init__.py").read_bytes() == b""
    for path in MODULES:
        if path.name != "__init__.py" or name_of(path) in ("gateway.settings", "filters"):
            continue
        statements = [node for node in tree_of(path).body if not isinstance(node, ast.ImportFrom)]
        assert all(isinstance(n, ast.Expr) or _is_all(n) for n in statements), path


def _is_all(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"


def test_parsers_of_hostile_content_are_loaded_in_the_sandbox_only() -> None:
    """A worker has none of them in its memory; a process of the sandbox has them all."""
    script = f"import sys, {{}}; print(*(name for name in {PARSERS!r} if name in sys.modules))"
    loaded = {
        module: subprocess.run(
            [sys.executable, "-c", script.format(module)], capture_output=True, check=True, cwd=PROJECT, text=True
        ).stdout.split()
        for module in ("gateway.cli.main", "gateway.processes.process", "gateway.understand.sandbox.worker")
    }
    assert loaded["gateway.cli.main"] == []  # the supervisor's, of which workers are copies
    assert loaded["gateway.processes.process"] == []
    assert loaded["gateway.understand.sandbox.worker"] == list(PARSERS)


def test_every_package_is_installed() -> None:
    """They are listed by hand in pyproject.toml."""
    listed = set(tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"])
    assert {name_of(path) for path in MODULES if path.name == "__init__.py"} == listed


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
        "gateway.message.spells",
    }


def test_errors_are_caught_by_name() -> None:
    """`except Exception` only where each has its reason, and a test that proves the fail-closed answer."""
    found = [name_of(path) for path in MODULES for node in ast.walk(tree_of(path)) if _is_broad(node)]
    assert {name for name in found if not any(within(name, one) for one in BROAD)} == set()
    assert len(found) <= 9  # chain (2), session (2), control, channel, walk (2), forked: a new one needs its reason


def _is_broad(node: ast.AST) -> bool:
    """What catches everything and goes on; what cleans up and raises again is no catch."""
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
