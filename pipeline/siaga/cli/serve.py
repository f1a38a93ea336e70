"""``siaga serve``: the service."""

from pathlib import Path
from typing import Annotated

import typer

from siaga.core.errors import DependencyMissing


def serve(
    data: Annotated[
        Path, typer.Option("--data", help="Folder for the archive, evidence and keys; made if absent.")
    ] = Path("var/serve"),
    host: Annotated[
        str, typer.Option(help="Address to listen on; 0.0.0.0 lets other machines in.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port; 0 takes a free one.", min=0, max=65535)] = 8080,
    database: Annotated[
        str | None,
        typer.Option(
            envvar="SIAGA_DATABASE",
            help="postgresql://USER:PASSWORD@HOST/NAME; without it a SQLite file in the data folder.",
            show_default=False,
        ),
    ] = None,
    evidence: Annotated[
        str | None,
        typer.Option(
            envvar="SIAGA_EVIDENCE",
            help="s3://BUCKET/FOLDER (keys in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY) or a folder;"
            " without it a folder in the data folder.",
            show_default=False,
        ),
    ] = None,
    renew_keys: Annotated[
        bool, typer.Option("--renew-keys", help="Make the device token and the viewer key anew.")
    ] = False,
) -> None:
    """Take in events and show them on a page.

    At first start a device token (for the edge) and a viewer key (for the page) are made; the page's address
    with the key is printed once.
    """
    from siaga.core.redact import Redactor
    from siaga.edge.logs import configure_logs

    configure_logs(Redactor())
    try:
        from siaga.api.server import ServiceOptions, run_service
    except ModuleNotFoundError as error:
        raise DependencyMissing(
            f"the service needs the package {error.name}", fix="Install it: pip install 'siaga[serve]'"
        ) from error

    options = ServiceOptions(
        data_dir=data, host=host, port=port, renew_keys=renew_keys, database=database, evidence=evidence
    )
    run_service(options)
