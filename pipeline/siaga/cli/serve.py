"""``siaga serve``: the service."""

import os
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
    public_url: Annotated[
        str | None,
        typer.Option(
            "--public-url",
            envvar="SIAGA_PUBLIC_URL",
            help="Where browsers find the service, e.g. https://siaga.example.com behind a proxy.",
            show_default=False,
        ),
    ] = None,
    shared_token: Annotated[
        bool,
        typer.Option(
            "--shared-token",
            help="Devices may share the token of the file device.token, without being enrolled: for one box.",
        ),
    ] = False,
    renew_keys: Annotated[
        bool, typer.Option("--renew-keys", help="Make the token that devices share anew.")
    ] = False,
    secret_file: Annotated[
        Path | None,
        typer.Option(
            "--secret-file",
            envvar="SIAGA_SECRET_FILE",
            help="Key of the stored secrets, one for all services on a database; without it secret.key in the"
            " data folder.",
            show_default=False,
        ),
    ] = None,
    openid_issuer: Annotated[
        str | None,
        typer.Option(
            "--openid-issuer",
            envvar="SIAGA_OPENID_ISSUER",
            help="Let people sign in at this OpenID provider too (secret in SIAGA_OPENID_CLIENT_SECRET).",
            show_default=False,
        ),
    ] = None,
    openid_client: Annotated[
        str, typer.Option("--openid-client", envvar="SIAGA_OPENID_CLIENT", help="Client id at the provider.")
    ] = "siaga",
    openid_name: Annotated[
        str,
        typer.Option("--openid-name", envvar="SIAGA_OPENID_NAME", help="Its name on the page."),
    ] = "OpenID",
    timestamp_url: Annotated[
        str | None,
        typer.Option(
            "--timestamp-url",
            envvar="SIAGA_TIMESTAMP_URL",
            help="RFC 3161 authority that stamps the checkpoints of the archive's chains.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Take in events and show them on a page.

    At the first start a link is printed, once: whoever opens it becomes the first user and sets a password.
    It also lies in the file setup.link of the data folder until then.
    """
    from siaga.core.redact import Redactor
    from siaga.edge.logs import configure_logs

    configure_logs(Redactor())
    try:
        from siaga.api.server import ServiceOptions, run_service
        from siaga.auth.oidc import OidcOptions
    except ModuleNotFoundError as error:
        raise DependencyMissing(
            f"the service needs the package {error.name}", fix="Install it: pip install 'siaga[serve]'"
        ) from error

    openid = None
    if openid_issuer is not None:
        secret = os.environ.get("SIAGA_OPENID_CLIENT_SECRET", "")
        openid = OidcOptions(openid_issuer, openid_client, secret, openid_name)
    options = ServiceOptions(
        data_dir=data,
        host=host,
        port=port,
        renew_keys=renew_keys,
        database=database,
        evidence=evidence,
        shared_token=shared_token,
        public_url=public_url,
        secret_file=secret_file,
        openid=openid,
        timestamp_url=timestamp_url,
    )
    run_service(options)
