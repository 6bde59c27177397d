"""Scripts recognised by their content: text that as a whole is a program for an interpreter, whatever its name says.

Only attachments are checked, never a message's own text. A file that quotes a command is no script: most of its lines
must be code, and it must do what such scripts do. Source code under its own name is judged by that name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Set
from dataclasses import dataclass

#: Octets of a text that are looked at, half of them from its end. Scripts in mail have under 100,000; a padded script
#: still shows its end.
MAX_SCRIPT_BYTES = 1024 * 1024

#: Lines in which the share of code is counted, half of them from the end: enough to know the share.
MAX_LINES = 1_000

#: Characters of a line in which code is looked for: an obfuscated script may be one line of a megabyte.
LINE_CHARACTERS = 500

#: Least share of code among the lines: of a file whose name is that of a readable text; of any other.
SHARE_IN_TEXT, SHARE = 0.85, 0.6

#: Different kinds of statements that make a file of code a script although it has no telling action.
MANY_KINDS = 3

#: Escapes inside words: with so many a text is also read without them; prose has none.
MIN_ESCAPES = 3

#: Extensions of texts that people read.
_TEXTS = frozenset(("txt", "text", "md", "markdown", "rst", "adoc", "log", "csv", "tsv", "asc", "nfo", "me", "1st"))
#: Extensions of source code and settings, which no double click runs; such files are judged by name.
_SOURCES = frozenset(
    (
        *("c", "h", "cc", "cpp", "cxx", "hh", "hpp", "m", "mm", "cs", "java", "kt", "kts", "go", "rs", "swift", "d"),
        *("ts", "mts", "cts", "tsx", "jsx", "vue", "svelte", "css", "scss", "sass", "less", "coffee", "dart", "scala"),
        *("lua", "r", "rmd", "jl", "pm", "pod", "t", "tcl", "el", "lisp", "scm", "clj", "hs", "ml", "erl", "exs"),
        *("groovy", "gradle", "sql", "tex", "sty", "cls", "bib", "asm", "s", "pas", "f", "f90", "v", "vhdl", "sv"),
        *("json", "json5", "jsonl", "ipynb", "xml", "xsd", "yml", "yaml", "toml", "ini", "cfg", "conf", "properties"),
        *("in", "am", "ac", "m4", "mk", "make", "mak", "cmake", "spec", "po", "pot", "patch", "diff", "lock", "map"),
        *("pyi", "pyx", "pxd", "pth", "html", "htm", "xhtml", "svg", "css", "eml", "ics", "vcf", "awk", "sed", "vim"),
        *("service", "dockerfile", "feature", "j2", "tmpl", "erb", "jinja", "twig", "proto", "graphql", "tf", "nix"),
        *("rtf", "ps", "eps", "flow", "snap", "bats", "test", "example", "sample", "dist", "default"),
    )
)

#: Types of libmagic that may be text.
_MAY_BE_TEXT = ("text/", "message/", "application/javascript", "application/octet-stream", "application/x-ndjson")

#: Scripts encoded by Microsoft's Script Encoder: the length, the text, the checksum.
_ENCODED_START = re.compile(rb"#@~\^[A-Za-z0-9+/]{6}==")
_ENCODED_END = re.compile(rb"[A-Za-z0-9+/]{6}==\^#~@")
_HTML_APPLICATION = re.compile(r"<hta:application\b", re.IGNORECASE)
_SCRIPT_HOST = re.compile(
    r"(?:<\?[^>]{0,400}\?>|<!--.{0,400}?-->|\s)*+<\??(?:job|package|component|scriptlet)\b", re.I | re.S
)
_SCRIPT_ELEMENT = re.compile(r"<script\b", re.IGNORECASE)
_PHP = re.compile(r"\s*+<\?(?:php\b|=)", re.IGNORECASE)
#: JavaScript written with six signs alone (JSFuck), which needs hundreds of them for a word.
_SIX_SIGNS = re.compile(r"\s*+[\[(+!][\[\]()!+\s]{200,}+;?\s*+\Z")
#: Escapes inside words: PowerShell skips a backtick there, the command shell a caret.
_ESCAPE = re.compile(r"[`^](?<=\w.)(?=\w)")
_BLOCK_COMMENTS = re.compile(r"/\*.*?(?:\*/|\Z)|<#.*?(?:#>|\Z)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Language:
    media_type: str
    acts: re.Pattern[str]  # actions of its scripts, which prose or other source code doesn't name
    code: re.Pattern[str]  # at the start of a line of code; its groups are the kinds of statements
    comment: re.Pattern[str]


def _language(name: str, acts: str, code: tuple[str, ...], comment: str) -> _Language:
    kinds = "|".join(f"({one})" for one in code)
    return _Language(
        f"text/x-script.{name}", re.compile(acts, re.I | re.M), re.compile(kinds, re.I), re.compile(comment, re.I)
    )


_HOST = (
    r"\bnew\s+ActiveXObject\s*\(|\bWScript\s*(?:\.\s*\w+|\[)|\b(?:Create|Get)Object\s*\(\s*[\"'\w(]"
    r"|\bMSXML2\.|\bADODB\.Stream|\bScripting\.FileSystemObject|\bShell\.Application\b"
)
_C_COMMENT = r"//|/\*|\*"
_LANGUAGES = (
    _language(
        "jscript",
        rf"{_HOST}|\beval\s*\(|\bnew\s+Function\s*\(|\bString\s*\.\s*fromCharCode\b|\bunescape\s*\(|\brequire\s*\(\s*[\"']"
        r"(?:child_process|fs|os|net|http)[\"']|\bexecSync\s*\(|\bprocess\s*\.\s*(?:env|argv|exit)\b|\[[\"']constructor[\"']\]"
        r"|\b_0x[0-9a-f]{2,8}\b|(?:\\x[0-9a-f]{2}){8}",
        (
            r"(?:var|let|const)\s+[\w$]+\s*(?:[=;,]|$)|(?:const|let|var)\s*[{\[]",
            r"(?:async\s+)?function\s*[\w$]*\s*\(|[!(+~-]+\s*(?:async\s*)?function\b|[(]+\s*\([\w$,\s]*\)\s*=>",
            r"(?:if|for|while|switch|catch|with)\s*\(|\}\s*(?:else|catch|finally|while)\b|(?:else|try|do)\b\s*\{?$|try\s*\{",
            r"[\w$.\[\]\"']++\s*+[+*/|&^-]?=[^=>].*[;,{(\[]\s*$|[\w$]++(?:\s*(?:\.\s*[\w$]+|\[[^\]]*\]|\([^)]*\)))+.*;",
            r"(?:return|throw|break|continue|case|default)\b.*[;:{(]?$",
            r"(?:new\s+)?[\w$]*+(?:\.[\w$]+|\[[^\]]{0,80}\])*\s*\(.*\)?;?$",
            r"[\]})]+[;,)]*(?:\(\))?;?$",
        ),
        _C_COMMENT,
    ),
    _language(
        "vbscript",
        rf"{_HOST}|\bExecute(?:Global)?\b\s*\(?\s*[\w\"]|\bChr[WB]?\s*\(|\bOn\s+Error\s+Resume\s+Next\b|\bStrReverse\s*\(",
        (
            r"(?:public|private)?\s*(?:dim|redim)\s+\w+|(?:public|private)\s+\w+|const\s+\w+\s*=|option\s+explicit",
            r"set\s+\w+\s*=|call\s+\w+",
            r"(?:(?:public|private)\s+)?(?:sub|function)\s+\w+|end\s+(?:sub|function|if|select|with|class|property)",
            r"if\b.*\bthen\b|elseif\b|else$|for\s+(?:each\s+)?\w+|next\b|do(?:\s+(?:while|until)\b.*)?$|loop\b|wend$|while\b"
            r"|select\s+case|case\b|exit\s+(?:sub|function|for|do)",
            r"on\s+error\s+|execute(?:global)?\b",
            r"[\w.]++(?:\([^)]*\))?\s*+=\s*\S|\w++(?:\([^)]*\))?\.[\w.]+(?:\s+[\"\w(].*|\(.*)?$|(?:msgbox|wscript)\b",
        ),
        r"'|rem\b",
    ),
    _language(
        "powershell",
        r"\bInvoke-(?:Expression|WebRequest|RestMethod|Command|Item|WmiMethod)\b|\biex\b|\bNew-Object\b|\bStart-Process\b"
        r"|\bDownload(?:String|File|Data)\s*\(|-Enc(?:odedCommand)?\b|::FromBase64String|\bAdd-Type\b|\bSet-ExecutionPolicy\b"
        r"|\[(?:System\.)?(?:Reflection\.Assembly\]|IO\.File\]::Write)|\bSet-ItemProperty\b|\bOut-File\b|\bWrite-(?:Host|Output)\b|\bGet-\w+\s*\|",
        (
            r"\$[\w:]+(?:[.\[][^=]*)?\s*[+-]?=|\$\w+[.\[(|]",
            r"[a-z]++-[a-z]{3,}+\b|iex\b|&\s*[\"'($]",
            r"(?:if|foreach|for|while|switch|elseif|catch|until)\s*[({]|\}\s*(?:else|catch|finally)?|(?:try|else|finally|do)\s*\{",
            r"function\s+[\w-]+|param\s*\(|\[[\w.\[\]]+\](?:::|\$|\s*\()|return\b|throw\b|powershell(?:\.exe)?\b",
            r"[})\]]+",
        ),
        r"#",
    ),
    _language(
        "batch",
        r"^[^\S\n]*+@?echo\s+off\b|%~[dpnxfs]*0|%comspec%|%(?:temp|appdata|userprofile|systemroot|windir)%|^[^\S\n]*+@?%\w+%%\w+%|^[^\S\n]*+@?setlocal\b"
        r"|\b(?:cmd(?:\.exe)?\s+/[ck]|powershell(?:\.exe)?\s+-|certutil\b.{0,300}-(?:urlcache|decode)|bitsadmin|mshta|wscript|cscript"
        r"|rundll32|regsvr32|schtasks|reg\s+add)\b",
        (
            r"@?echo\b|@?rem\b|@?title\b|@?color\b|@?cls\b|@?pause\b",
            r"@?set(?:local|x|/[ap])?\b\s*[\"\w/]|@?endlocal\b",
            r"@?if\s+(?:not\s+|/i\s+)*(?:exist|errorlevel|defined|[\"%!])|@?for\s+(?:/[fdlr]\s+)?.*%%?\w|\)\s*else\b|[()]+$",
            r"@?goto\b|@?call\b|@?exit\b|:\w+$",
            r"@?(?:start|cd|copy|xcopy|del|erase|md|mkdir|rd|move|ren|type|timeout|ping|taskkill|reg|net|sc|cmd|powershell|attrib"
            r"|certutil|bitsadmin|mshta|wscript|cscript|rundll32|regsvr32|schtasks|curl|pushd|popd)(?:\.exe)?\b",
            r"@?\"?%[\w~:]+%?",
        ),
        r"::|@?rem\b",
    ),
    _language(
        "py",  # libmagic guesses at text/x-script.python
        r"^[^\S\n]*+(?:import|from)\s+(?:os|sys|subprocess|socket|ctypes|base64|urllib|requests|shutil|platform|winreg|zlib|marshal)\b"
        r"|^if\s+__name__\s*==|\bexec\s*\(|\b__import__\s*\(",
        (
            r"(?:import\s+[\w.]+(?:\s+as\s+\w+)?(?:\s*,\s*[\w.]+)*|from\s+[\w.]+\s+import\s+[\w*(].*)$",
            r"(?:async\s+)?def\s+\w+\s*\(|class\s+\w+.*:$|@\w[\w.]*(?:\(.*)?$",
            r"(?:if|elif|for|while|with|except)\b.*:$|(?:else|try|finally)\s*:$",
            r"(?:return|raise|yield|pass|break|continue|assert|global|del)\b",
            r"[\w.\[\]\"']++(?:\s*,\s*[\w.\[\]\"']++)*\s*[+*/|&-]?=(?!=)\s*\S",
            r"[\w.]++\(.*|[)\]}]+[,:)]*$|[\"']{3}|[\"'\w][^.!?]*,$",
        ),
        r"#",
    ),
    _language(
        "shell",
        r"\b(?:curl|wget)\b[^\n]{0,300}\|\s*(?:sudo\s+)?(?:ba|z|k|da)?sh\b|\bchmod\s+[^\s+7]*+[+7]\S*+\s|\bexec\s+\S|^[^\S\n]*+(?:fi|esac|done)\b"
        r"|\bbase64\s+(?:-d|--decode)\b|/dev/tcp/|\$\(|\bosascript\b|\bnohup\b",
        (
            r"(?:export\s+)?[a-z_]\w*+=(?:\S|$)|(?:local|readonly|declare|unset|export|source|alias|set)\s+[\w.+/-]",
            r"if\s+.*(?:;\s*then)?$|then$|else$|elif\b|fi\b|for\s+\w+\s+in\b|while\s+|do$|done\b|case\s+.*\bin$|esac$|\S+\)$|;;$",
            r"\w++\s*\(\)\s*\{?$|[{}]$",
            r"(?:sudo\s+)?(?:echo|printf|cd|cp|mv|rm|mkdir|chmod|chown|curl|wget|tar|unzip|cat|grep|sed|awk|exit|exec|eval|sleep"
            r"|kill|nohup|ln|touch|test|trap|shift|return|bash|sh|osascript|open|python3?|perl|base64|crontab|launchctl)\b",
            r"[./~$\"]\S*|\[\[?\s|\|\s*\w",
        ),
        r"#",
    ),
    _language(
        "perl",
        r"^[^\S\n]*+use\s+(?:strict|warnings|[A-Z]\w*(?:::\w+)*|\d)\b|\bsystem\s*\(|\bqx\b|`[^`\n]+`",
        (
            r"use\s+[\w:]+|package\s+[\w:]+;|no\s+\w+",
            r"(?:my|our|local)\s+[$@%(]|[$@%]\w+.*[;,{(]$",
            r"sub\s+\w+|(?:if|unless|while|until|foreach|for|elsif)\s*\(|foreach\s+my|\}\s*(?:else|elsif)?",
            r"(?:print|printf|die|return|exit|open|close|push|shift|chomp|system|exec|eval|require)\b.*[;{]?$",
        ),
        r"#|=\w",
    ),
    _language(
        "applescript",
        r"\btell\s+application\s+\"|\bdo\s+shell\s+script\b|\bdisplay\s+dialog\b",
        (
            r"tell\b|end\b",
            r"set\s+\w+\s+to\b|do\s+shell\s+script|display\s+dialog|on\s+\w+|property\s+\w+|return\b|activate$|delay\b|keystroke\b",
            r"if\b.*then$|else$|repeat\b|try$|with\b|my\b|open\b",
        ),
        r"--|#|\(\*",
    ),
)


def script_type(content: bytes, true_type: str, extensions: Set[str]) -> str:
    """Return the media type of the script that an attachment is, "" where it is none.

    `true_type` is libmagic's; `extensions` are those of all forms of the attachment's names.
    """
    text = _text(content) if true_type.startswith(_MAY_BE_TEXT) else ""
    if not text:
        return ""
    if _is_encoded(content[:MAX_SCRIPT_BYTES]):
        return "text/x-script.encoded"
    if whole := _by_its_elements(text, extensions):
        return whole
    if extensions and extensions <= _SOURCES:
        return ""
    return _by_its_lines(text, extensions) or _by_its_lines(_without_escapes(text), extensions)


def _without_escapes(text: str) -> str:
    """Return the text without the signs that shells skip inside words; "" where words have hardly any."""
    return _ESCAPE.sub("", text) if len(_ESCAPE.findall(text)) >= MIN_ESCAPES else ""


def _text(content: bytes) -> str:
    """Return the text, its middle left out where it is long; "" for content that is no text."""
    half = MAX_SCRIPT_BYTES // 2
    octets = content if len(content) <= MAX_SCRIPT_BYTES else content[:half] + b"\n" + content[-half:]
    if octets[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return octets.decode("utf-16", "replace")
    if octets[1:2] == b"\0" and octets[3:4] == b"\0":
        return octets.decode("utf-16-le", "replace")
    if octets[:1] == b"\0" and octets[2:3] == b"\0":
        return octets.decode("utf-16-be", "replace")
    text = octets.removeprefix(b"\xef\xbb\xbf").decode("latin-1")
    return "" if "\0" in text[:1024] else text


def _is_encoded(octets: bytes) -> bool:
    start = _ENCODED_START.search(octets)
    return start is not None and _ENCODED_END.search(octets, start.end()) is not None


def _by_its_elements(text: str, extensions: Set[str]) -> str:
    """Return the type of a script that shows it at the start or as a whole; "" for any other text.

    HTML applications, files of Windows Script Host and PHP begin with a tag. JSFuck is written in six signs alone.
    """
    if text.lstrip()[:1] != "<":
        return "text/x-script.jscript" if _SIX_SIGNS.match(text) else ""
    if _HTML_APPLICATION.search(text):
        return "application/hta"
    if _SCRIPT_HOST.match(text) and _SCRIPT_ELEMENT.search(text):
        return "text/x-script.wsf"
    return "text/x-script.php" if _PHP.match(text) else ""


def _by_its_lines(text: str, extensions: Set[str]) -> str:
    lines = _lines(_BLOCK_COMMENTS.sub("", text))
    if not lines or _is_json(text):
        return ""
    is_named_text = bool(extensions) and extensions <= _TEXTS
    least, best, found = SHARE_IN_TEXT if is_named_text else SHARE, 0.0, ""
    for language in _LANGUAGES:
        reached, kinds = _share(lines, language, least)
        if reached < least or reached <= best:
            continue
        if language.acts.search(text) or (kinds >= MANY_KINDS and not is_named_text):
            best, found = reached, language.media_type
    return found


def _lines(text: str) -> list[str]:
    lines = [line.strip()[:LINE_CHARACTERS] for line in text.splitlines()]
    lines = [line for line in lines if line]
    return lines if len(lines) <= MAX_LINES else [*lines[: MAX_LINES // 2], *lines[-MAX_LINES // 2 :]]


def _share(lines: list[str], language: _Language, least: float) -> tuple[float, int]:
    """Return the share of code among the lines that are no comments, and the number of kinds of statements.

    The reading ends at the line with which the share can't reach `least` any more: prose is told by a part of it.
    """
    code, others, kinds = 0, 0, set()
    most_others = (1 - least) * len(lines)
    for line in lines:
        if found := language.code.match(line):
            code += 1
            kinds.add(found.lastindex)
        elif language.comment.match(line) is None:
            others += 1
            if others > most_others:
                return 0.0, 0
    return (code / (code + others), len(kinds)) if code else (0.0, 0)


def _is_json(text: str) -> bool:
    if text.lstrip()[:1] not in ("{", "["):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
