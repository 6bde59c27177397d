"""Signs of HTML smuggling (MITRE T1027.006): a script puts a file together and hands it to the reader.

Two signs are needed: a way for the file to come out, and material from which it is made. Either alone is in many a
harmless page. A script that hides the way out is recognised by its material, and by the manner of hiding.
"""

from __future__ import annotations

import re

from gateway.understand.openers.pages.payloads import has_big_literal, has_literal

_SAVES = re.compile(rb"msSaveOrOpenBlob|msSaveBlob|showSaveFilePicker|\bsaveAs\s*+\(")
_BLOB = re.compile(
    rb"\bBlob\b|\bFile\s*+\(|=\s*+File\s*+[;,)\n]|\.\s*+formData\s*+\(|[\"'`]File[\"'`]|\bMediaSource\b|\.\s*+blob\s*+\(|[\"'`]blob[\"'`]"
)
_BLOB_ADDRESS = re.compile(rb"createObjectURL|readAsDataURL")
_DOWNLOAD = re.compile(
    rb"\.\s*+download\s*+(?:\|\||&&|\?\?)?+(?:=[^=]|[\],]|\}\s*+=)|[\"'`\s<]download[\"'`\s=]|[{,]\s*+download\s*+:"
)
_DATA_ADDRESS = re.compile(rb"[\"'`=]\s*+data:(?!image/|font/|audio/|video/|text/css)", re.I)
_GOES = re.compile(
    rb"\blocation\b[^;\n]{0,40}[\"'`]data:(?!image/|,|[\"'`])|\bopen\s*+\(\s*+[\"'`]data:(?!image/|,|[\"'`])", re.I
)
#: A data: URI of a file, to whose head a script adds the file: browsers save what they can't show.
_ADDS = re.compile(
    rb"([\"'`])data:(?!image/|font/|audio/|video/|text/|application/(?:json|javascript|pdf|wasm|x?-?font))"
    rb"[\w.+-]{1,80}/[^\"'`,]{0,200},(?:\1\s*+[+,)]|\$\{)",
    re.I,
)
_WORKER = re.compile(rb"\bWorker\b")
_DECODER = re.compile(
    rb"\batob\b|\bfromCharCode\b|\bfromCodePoint\b|\bcharCodeAt\b|\bfromBase64\b|\bCryptoJS\b"
    rb"|\b(?:Big)?(?:Ui|I)nt(?:8|16|32|64)(?:Clamped)?Array\b|\bFloat(?:16|32|64)Array\b|\bDataView\b|\.\s*+arrayBuffer\s*+\("
    rb"|\bdecodeURIComponent\b|\bunescape\b|\bparseInt\s*+\([^)\n]{1,80}?,\s*+(?:16|0x10)\b|\bfromHex\b"
    rb"|\bcodePointAt\b|\bTextDecoder\b|\bDecompressionStream\b|\bcrypto\.subtle\b"
)
_GLOBALS = rb"\b(?:window|self|globalThis|top|frames|URL|webkitURL|document|navigator|this)"
#: A property whose name is put together of variables: `window[a+b]`.
_SPELT = re.compile(_GLOBALS + rb"\[[\w$]{1,64}+(?:\+[\w$]{1,64}+){1,16}+\]")
#: A property whose name a table or a function gives: `window[t[3]+f(2)]`.
_LOOKED_UP = re.compile(_GLOBALS + rb"\[[^\]\"'`;\n]{0,200}?[\w$][(\[][^\];\n]{0,200}?\]")
#: Arguments of a call that are one constant, or none; then the start of any other arguments. The words of a constant
#: are seen where they stand.
_CONSTANT = rb"\s*+\(\s*+(?:\"(?:[^\"\\]|\\.)*+\"|'(?:[^'\\]|\\.)*+'|`(?:[^`\\]|\\.)*+`)?+\s*+\)"
_NO_CONSTANT = rb"(?!%b)\s*+\(" % _CONSTANT
#: A call that runs a text which is no constant.
_RUNS = re.compile(
    rb"\beval\b(?![\"'`\])\s]*+\(\s*+[\"'`]this)(?!%b)|\bexecScript%b"
    rb"|\bFunction%b(?!\s*+[\"'`]return this)|constructor[\"'`\])\s.]{0,8}constructor"
    rb"|\[\s*+[\"'`]constructor[\"'`]\s*+\]%b|\.constructor%b"
    rb"|\b(?:Function|constructor)\s*+(?:/\*|\?\.\s*+\(|\.\s*+(?:call|apply|bind)\s*+\()|\bReflect\s*+\.\s*+\w{1,20}+\s*+\(\s*+(?:Function|eval)\b"
    rb"|(?<![=!])=\s*+Function\s*+[;,)}\n]|\}\s*+\)\s*+\.\s*+constructor\s*+[;,)}\n]|\{\s*+constructor\s*+:\s*+[\w$]{1,64}+\s*+\}\s*+="
    rb"|[\"'`](?:javascript:|data:text/(?:html|javascript)[^\"'`]{0,80})[\"'`]\s*+\+|createContextualFragment%b"
    rb"|setAttribute\s*+\(\s*+[\"'`](?:on[a-z]{3,60}|srcdoc)[\"'`]\s*+,\s*+(?![\"'`]|function)|\bsrcdoc\s*+=\s*+[\w$]"
    rb"|\bset(?:Timeout|Interval)\s*+\(\s*+(?:[\"'`]|[\w$]{1,64}+\s*+[(\[+]|atob|unescape|(?:[\w$]{1,64}\.)?name\b)"
    rb"|\bimport\s*+\(\s*+(?:[\"'`](?:data|blob):|URL|[\w$]{1,64}+\s*+[+(])"
    rb"|(?:write(?:ln)?\s*+\(|(?:inner|outer)HTML\s*+\+?=|srcdoc\s*+=)\s*+(?:window\.)?"
    rb"(?:atob|unescape|decodeURI|String\.fromC|[\w$]{1,64}+\.replace)" % (_CONSTANT, *(_NO_CONSTANT,) * 5)
)
#: A call that runs a text within the script: in that text quotes are escaped once more.
_RUNS_STRING = re.compile(
    rb"\b(?:eval|execScript|Function|constructor|set(?:Timeout|Interval))[\"'`\]\s]*+\(\s*+[\"'`]"
)
#: Pieces of scripts in a table: enough strings, and enough signs in them that words don't have.
_PIECE = rb"(?:\"(?:[^\"\n\\]|\\.){1,4096}+\"|'(?:[^'\n\\]|\\.){1,4096}+'|`(?:[^`\\]|\\.){1,4096}+`)"
_TABLE = re.compile(rb"\[\s*+(?:%b\s*+,?\s*+){8,}+\]" % _PIECE)
_SIGNS_OF_CODE = b"(){}[]=;"
_LEAST_SIGNS = 8
#: Marks of programs that disguise scripts: names of hexadecimal digits, programs of brackets.
_DISGUISED = re.compile(
    rb"\b_0x[0-9a-f]{4,6}\b|\(!\[\]\+\[\]\)|\(\[\]\[\[\]\]\+\[\]\)|\$=~\[\];|\xef\xbe\x9f\xcf\x89\xef\xbe\x9f"
)


def smuggles(program: bytes, dense: bytes) -> bool:
    """Return whether scripts hand out a file.

    `program` are all scripts of a page together, with their strings joined; `dense` is the same without blanks.
    """
    if _SPELT.search(dense) and has_big_literal(dense):
        return True  # neither its material nor the way out can be seen
    hands_out = _SAVES.search(program) or _DOWNLOAD.search(program)
    is_blob = bool(_BLOB.search(program) and _BLOB_ADDRESS.search(program))
    has_sink = is_blob or _SAVES.search(program) or (hands_out and _DATA_ADDRESS.search(program))
    if not has_sink and not _GOES.search(program) and not _ADDS.search(program):
        return False
    if has_big_literal(dense):
        return True
    if is_blob and not hands_out and _WORKER.search(program):
        return False  # a page that starts its own worker from a text, as players and viewers do
    return _DECODER.search(program) is not None


def runs_texts(program: bytes) -> bool:
    """Return whether a script runs a text that it got from somewhere."""
    return _RUNS.search(program) is not None


def runs_strings(program: bytes) -> bool:
    """Return whether a script runs a text that is written out in it."""
    return b"\\" in program and _RUNS_STRING.search(program) is not None


def _has_pieces(written: bytes) -> bool:
    """Return whether a table holds pieces of a script, for another one to put together."""
    return any(
        len(found[0]) - len(found[0].translate(None, _SIGNS_OF_CODE)) >= _LEAST_SIGNS
        for found in _TABLE.finditer(written)
    )


def is_opaque(dense: bytes, constant: bytes, written: bytes, page: bytes) -> bool:
    """Return whether a script hides its calls, and it or the page has something written out for it to decode.

    `dense` are all scripts with their strings joined; `constant` is the same with constants put together; `written` are
    the scripts as they stand in the page; `page` is the whole page. All are without blanks.
    """
    if not any(pattern.search(constant) for pattern in (_RUNS, _SPELT, _LOOKED_UP, _DISGUISED)):
        return False
    if _RUNS.search(constant) and (_has_pieces(dense) or _has_pieces(written)):
        return True
    if _DISGUISED.search(dense) and _DECODER.search(dense):
        return True
    decodes = _DECODER.search(dense) or _DISGUISED.search(dense)
    return bool(decodes) and (has_literal(dense) or has_literal(page))
