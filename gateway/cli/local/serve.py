"""`mailwarden serve`: the gateway itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.assemble.receive import worker_count
from gateway.cli.local.configured import settings_of
from gateway.cli.local.init.command import trial_configuration
from gateway.cli.options import UNUSABLE, ConfigOption, config_path, fail
from gateway.log.output import configure
from gateway.processes.supervisor import CannotStart, Supervisor
from gateway.remember.database.errors import SchemaOutdated, StoreUnavailable


def serve(
    config: ConfigOption = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=256, help="Worker processes. Default: one for each core.")
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            help="Try the gateway without a configuration: the shipped one is written into this folder of data, if "
            "it has none.",
        ),
    ] = None,
) -> None:
    """Run the gateway in the foreground. SIGTERM or Ctrl-C drains and ends it, SIGHUP reloads the configuration."""
    if data is not None:
        if config is not None:
            fail(f"--data has a configuration of its own; in {config}, `data_dir` names the folder", UNUSABLE)
        config = trial_configuration(data)
    settings = settings_of(config)
    configure(settings.log.format, settings.log.level)
    supervisor = Supervisor(config_path(config).resolve(), settings, worker_count(settings, workers))
    for entry in settings.filters:
        if entry.mode == "enforce" and entry.on_error == "accept":
            typer.echo(
                f"warning: {entry.shown}: {entry.name} lets mail pass when it can't check it (on_error: accept)",
                err=True,
            )
    try:
        supervisor.run()
    except (CannotStart, SchemaOutdated, StoreUnavailable) as error:
        fail(str(error))
