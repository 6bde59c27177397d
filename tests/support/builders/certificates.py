"""TLS certificates of clients, signed by an authority of the tests' own."""

from __future__ import annotations

import subprocess
from pathlib import Path


def signed_certificate(folder: Path, name: str, authority: Path) -> Path:
    """Make a certificate for a host name, of a client or a server; return the file with its key.

    The folder `authority` has what `receiver.self_signed` writes, which signs it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    key, request, file, extensions = (folder / f"client.{end}" for end in ("key", "csr", "pem", "extensions"))
    extensions.write_text(f"subjectAltName=DNS:{name}\nextendedKeyUsage=clientAuth,serverAuth\n")
    new = ("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key)
    sign = ("openssl", "x509", "-req", "-in", request, "-CA", authority / "certificate.pem")
    for command in (
        (*new, "-out", request, "-subj", f"/CN={name}"),
        (*sign, "-CAkey", authority / "key.pem", "-out", file, "-days", "2", "-extfile", extensions),
    ):
        subprocess.run(command, check=True, capture_output=True)
    file.write_text(key.read_text() + file.read_text())
    return file
