"""`certificates`: what was erased, when, and the proof of it, to keep and to check."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from headwater.local.command_line.options import explained, troubles_told, with_server
from headwater.local.command_line.output import print_fields, print_json, print_table, say
from headwater.local.command_line.remote import Remote, segment
from headwater.local.command_line.trouble import REFUSED, USAGE, Trouble

application = typer.Typer(invoke_without_command=True)

_ENDINGS = (".json", ".html")


def certificates(server: Remote) -> None:
    """List erasures that are done, the latest first; each has a signed certificate.

    Examples:
        headwater certificates
        headwater certificates show job_0123456789abcdef0123 --to certificate.html
        headwater certificates verify certificate.json
    """
    found = server.get("/v1/erasures")
    if server.as_json:
        print_json(found)
        return
    print_table(
        None,
        ["erasure", "done at"],
        [[one["id"], one["done_at"]] for one in found["erasures"]],
        empty="Nobody was erased.",
    )


application.callback()(with_server(certificates, is_group=True))


@application.command("show")
@with_server
def show(
    server: Remote,
    erasure: Annotated[
        str, typer.Argument(metavar="ID", help="The erasure's id, as 'certificates' lists it.")
    ],
    *,
    to: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write it here: a page to read for .html, else JSON, which can be verified.",
        ),
    ] = None,
) -> None:
    """Show a certificate, or write it to a file. It names nobody.

    Examples:
        headwater certificates show job_0123456789abcdef0123
        headwater certificates show job_0123456789abcdef0123 --to certificate.json
        headwater certificates show job_0123456789abcdef0123 --to certificate.html
    """
    if to is not None and to.suffix.lower() not in _ENDINGS:
        raise Trouble(f"{to}: let the name end in .json or .html.", exit_code=USAGE)
    found = server.get(f"/v1/erasures/{segment(erasure)}")
    if to is None:
        print_json(found)
        return
    from headwater.api.certificate_page import page  # noqa: PLC0415 - seldom needed

    is_page = to.suffix.lower() == ".html"
    text = page(found) if is_page else json.dumps(found, ensure_ascii=False, indent=2) + "\n"
    try:
        to.write_text(text, "utf-8")
    except OSError as error:
        raise Trouble(f"Cannot write {to}: {error.strerror}.", exit_code=USAGE) from error
    say(f"The certificate is in {to}.", style="green")


@application.command("verify")
@explained
def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A certificate in JSON.")],
    *,
    public_key: Annotated[
        str | None,
        typer.Option(
            metavar="BASE64", help="The server's key, noted before; it must be signed by this one."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")] = False,
) -> None:
    """Check the signature of a certificate; no server is needed.

    A certificate names the key that it was signed by, so by itself it shows only that nobody
    changed it. Compare the key with that of the server's other certificates, or give --public-key.

    Examples:
        headwater certificates verify certificate.json
        headwater certificates verify certificate.json --public-key lg0dfY36onFF8mawNN8FFVHkiWLQxjmi
    """
    with troubles_told():
        found = _read(file)
        signed_by = _checked(found, file)
        if public_key is not None and public_key != signed_by:
            raise Trouble(f"{file} was signed by another key: {signed_by}.", exit_code=REFUSED)
    if as_json:
        print_json({"erasure": found["statement"]["erasure"], "public_key": signed_by})
        return
    say("The signature is right: the certificate is as it was signed.", style="green")
    print_fields({"erasure": found["statement"]["erasure"], "signed by": signed_by})


def _read(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no JSON"
        raise Trouble(f"Cannot read {file}: {why}.", exit_code=USAGE) from error
    if not isinstance(found, dict):
        raise Trouble(f"{file} is no certificate.", exit_code=USAGE)
    return found


def _checked(found: dict[str, Any], file: Path) -> str:
    """Answer the key by which a certificate is signed."""
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - seldom needed

    from headwater.local.certificate import verify as check  # noqa: PLC0415 - as above

    try:
        check(found)
        return str(found["signature"]["public_key"])
    except InvalidSignature as error:
        raise Trouble(
            f"{file} is not as it was signed: somebody has changed it.", exit_code=REFUSED
        ) from error
    except (KeyError, TypeError, ValueError) as error:
        raise Trouble(f"{file} is no certificate.", exit_code=USAGE) from error
