"""`mailwarden init`: writes a first configuration and checks it; and the one that `serve --data` runs on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.local import check
from gateway.cli.local.init.answers import CloudAnswers, Upstream, complete
from gateway.cli.local.init.first_files import first_files, trial_file
from gateway.cli.options import REFUSED, UNUSABLE, fail

#: The folder of an installed gateway's configuration, and that of its data.
CONFIGURATION = Path("/etc/mailwarden")
DATA = Path("/var/lib/mailwarden")
_MAIN = "gateway.yaml"


def init(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Folder of the configuration.")] = CONFIGURATION,
    domain: Annotated[
        list[str] | None, typer.Option("--domain", help="A mail domain of yours; may be given several times.")
    ] = None,
    next_hop: Annotated[
        str | None, typer.Option("--next-hop", help="Where inbound mail goes: smtp://HOST:25, lmtp://HOST:24, ….")
    ] = None,
    upstream: Annotated[
        Upstream | None, typer.Option(help="What hands mail to the gateway; `none`: the Internet itself.")
    ] = None,
    tenant: Annotated[
        str | None, typer.Option(help="Microsoft 365: the id of your tenant, which mail must prove.", metavar="ID")
    ] = None,
    certificate: Annotated[
        str | None, typer.Option(help="Microsoft 365, Google: file with the gateway's TLS certificate and its key.")
    ] = None,
    smarthost: Annotated[
        str | None, typer.Option(help="Microsoft 365, Google: where mail to outside goes, smtp://HOST:587, ….")
    ] = None,
    name: Annotated[str | None, typer.Option(help="The organisation's name. Default: the first domain.")] = None,
    data: Annotated[
        Path | None,
        typer.Option("--data", help="Folder of the data. Default: /var/lib/mailwarden; for another DIR, DIR/var."),
    ] = None,
) -> None:
    """Write a first configuration, and check it. At a terminal you are asked for what no option says.

    Files that are there already are never overwritten; with a gateway.yaml among them nothing is written.
    """
    main = folder / _MAIN
    if main.exists() or main.is_symlink():
        fail(f"{main} is there already, and nothing was written; `mailwarden check --config {main}` checks it")
    cloud = CloudAnswers(tenant, certificate, smarthost)
    answers = complete(name, domain or (), upstream, next_hop, _data_dir(folder, data), cloud)
    for file, text in first_files(answers).items():
        kept = not _written(folder / file, text)
        typer.echo(f"Kept  {folder / file}, which was there already." if kept else f"Wrote {folder / file}")
    check.check(config=main, brief=True)
    typer.echo(
        f"\nEvery key is explained in {main}; `mailwarden check --config {main}` prints all that follows from it."
    )
    typer.echo(f"When it is as you want it: `mailwarden serve --config {main}`.")
    if answers.upstream != Upstream.postfix:
        typer.echo('Port 25 is for root alone unless the service gets the right: docs/deploy.md, "Ports below 1024".')


def trial_configuration(data: Path) -> Path:
    """Return the configuration in a folder of data; the shipped one is written there if there is none."""
    main = data / _MAIN
    if _written(main, trial_file()):
        typer.echo(f"Wrote {main}, the shipped configuration: name it to other commands by --config.", err=True)
    return main


def _data_dir(folder: Path, data: Path | None) -> Path:
    if data is not None:
        return data.absolute()
    return DATA if folder.absolute() == CONFIGURATION else Path("var")


def _written(file: Path, text: str) -> bool:
    """Write a file that isn't there yet; return whether it was written. Exit with a sentence where it can't be."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as new:
            new.write(text)
    except FileExistsError:
        if file.parent.is_dir():
            return False
        fail(f"{file.parent} is no folder", UNUSABLE)
    except OSError as error:
        fail(f"{file} can't be written: {error.strerror}", REFUSED)
    return True
