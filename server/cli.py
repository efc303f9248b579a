"""The commands: `python -m server ...`. Each works beside a running server.

Those that need the schema import it themselves: it takes a second, and the worker's memory.
"""

import asyncio
import gc
import signal
import sys
from collections.abc import Coroutine
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any

import typer
import uvloop

import errors
import settings
from auth.viewer import Client, Viewer
from locales import Locale
from models import ProviderRole, SigningKey, migrating
from resolvers import accounts, documents, signing_keys
from schema.sentences import fault_message, message
from server import demo as demo_data
from server import health, logging, metrics, running

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

OPERATOR = Viewer(Client(address="", request_id="cli"))


def main() -> None:
    """Run a command; what an operator can mend is said in a sentence, with exit status 1."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        app()
    except (settings.ConfigurationError, migrating.NotReady) as problem:
        sys.exit(str(problem))
    except errors.ServiceUnavailable as away:
        sys.exit(f"The database does not answer: {away.__cause__ or 'no connection came free'}")


_GARBAGE = 10_000
"""Objects more than before until it is looked for cycles: 700 are one page of members."""


def _run(coroutine: Coroutine[Any, Any, None]) -> None:
    gc.freeze()  # what is there now stays as long as the process: nobody need look through it
    gc.enable()
    gc.set_threshold(_GARBAGE)
    with closing(coroutine):
        logging.configure(settings.load())
        uvloop.run(coroutine)


@app.command()
def serve(
    *,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on.")] = 8000,
    worker: Annotated[bool, typer.Option(help="Send mail from this process as well.")] = True,
) -> None:
    """Serve the API, and the mailbox in development."""
    from server import serving  # noqa: PLC0415 the schema

    _run(serving.serve(settings.load(), host=host, port=port, worker=worker))


@app.command()
def worker() -> None:
    """Send mail until a signal comes, without serving anything."""
    _run(_work())


async def _work() -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    chosen = settings.load()
    async with running.pool(chosen), metrics.listening(chosen), running.working(chosen):
        await stop.wait()
        health.stops()


@app.command()
def migrate() -> None:
    """Bring the tables up to date; does nothing where they are."""
    _run(running.migrate(settings.load()))


@app.command()
def demo() -> None:
    """Load demo data into an empty database, and say how to sign in."""
    _run(_demo())


async def _demo() -> None:
    async with running.pool(settings.load()):
        print(await demo_data.load(OPERATOR))  # noqa: T201 for whoever started it


@app.command()
def create_user(
    *,
    login: Annotated[str, typer.Option(help="2 to 64 of a-z 0-9 . _ -")],
    email: Annotated[str, typer.Option(help="Counts as verified.")],
    full_name: Annotated[str, typer.Option(help="As others see it.")],
    provider_role: Annotated[
        ProviderRole | None, typer.Option(help="For the provider's staff.")
    ] = (None),
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
) -> None:
    """Make an account with a verified address."""
    if password_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    given = accounts.Registration(full_name, login, password)
    _run(_create_user(given, email, provider_role))


async def _create_user(
    given: accounts.Registration, email: str, provider_role: ProviderRole | None
) -> None:
    async with running.pool(settings.load()):
        try:
            made = await accounts.create(OPERATOR, given, email=email, provider_role=provider_role)
        except errors.InvalidInput as invalid:
            lines = [_line(fault) for fault in invalid.faults]
            raise settings.ConfigurationError("\n".join(lines)) from None
        except errors.LoginTaken as taken:
            raise settings.ConfigurationError(message(Locale.EN, taken)) from None
    print(made)  # noqa: T201 the id, for scripts


def _line(fault: errors.FieldFault) -> str:
    return f"{fault.path[-1]}: {fault_message(Locale.EN, fault)}"


keys = typer.Typer(no_args_is_help=True, help="The keys that sign tickets for apps.")
app.add_typer(keys, name="keys")


@keys.command("rotate")
def rotate_keys(
    *,
    leaked: Annotated[
        bool, typer.Option("--leaked", help="Delete all other keys; their tickets are refused.")
    ] = False,
) -> None:
    """Make a new key; it signs in ten minutes, and at once where there is none."""
    _run(_rotate_keys(leaked=leaked))


async def _rotate_keys(*, leaked: bool) -> None:
    async with running.pool(settings.load()):
        print(_key(await signing_keys.rotate(leaked=leaked)))  # noqa: T201 for whoever rotates


@keys.command("list")
def list_keys() -> None:
    """Print the keys that are shown to apps, oldest first."""
    _run(_list_keys())


async def _list_keys() -> None:
    async with running.pool(settings.load()):
        for key in await signing_keys.listed():
            print(_key(key))  # noqa: T201 its purpose


def _key(key: SigningKey) -> str:
    """Its id and times; of the key itself nothing."""
    until = f"shown until {key.retires_at:%Y-%m-%d %H:%M:%S} UTC" if key.retires_at else "newest"
    return f"{key.id}  signs from {key.signs_from:%Y-%m-%d %H:%M:%S} UTC, {until}"


documents_ = typer.Typer(no_args_is_help=True, help="The documents that requests may name.")
app.add_typer(documents_, name="documents")


@documents_.command("add")
def add_documents(
    file: Annotated[
        Path, typer.Argument(help="JSON, as graphql-codegen writes it: {id: document}.")
    ],
) -> None:
    """Register documents, all or none; does nothing where they are."""
    _run(_add_documents(file))


async def _add_documents(file: Path) -> None:
    from server import documents as server_documents  # noqa: PLC0415 the schema
    from server import graphql  # noqa: PLC0415 as above

    async with running.pool(settings.load()):
        try:
            new = await server_documents.register(file, graphql.SCHEMA)
        except server_documents.NoManifest as problem:
            raise settings.ConfigurationError(str(problem)) from None
        except documents.Refused as refused:
            lines = [f"{fault.id}: {fault.reason}" for fault in refused.faults]
            raise settings.ConfigurationError("\n".join(lines)) from None
    print(f"{new} registered")  # noqa: T201 for whoever registers


@documents_.command("list")
def list_documents() -> None:
    """Print every id, since when it is there, and what it can be asked to do."""
    _run(_list_documents())


async def _list_documents() -> None:
    from server import documents as server_documents  # noqa: PLC0415 the schema

    async with running.pool(settings.load()):
        for each in await documents.listed():
            names = ", ".join(server_documents.operations(each.body))
            print(f"{each.id}  {each.created_at:%Y-%m-%d %H:%M:%S} UTC  {names}")  # noqa: T201 its purpose


@documents_.command("remove")
def remove_document(
    document_id: Annotated[str, typer.Argument(metavar="ID", help="With or without sha256:")],
) -> None:
    """Forget a document: whoever names it is refused from then on."""
    _run(_remove_document(document_id))


async def _remove_document(document_id: str) -> None:
    async with running.pool(settings.load()):
        try:
            await documents.remove(document_id)
        except errors.DocumentNotFound as absent:
            raise settings.ConfigurationError(message(Locale.EN, absent)) from None


@app.command()
def check() -> None:
    """Read the settings and reach the database; say what is wrong."""
    _run(_check())


async def _check() -> None:
    async with running.pool(settings.load()):
        print("The settings are complete; the database answers and is migrated.")  # noqa: T201


@app.command()
def print_schema(
    *,
    federation: Annotated[
        bool, typer.Option("--federation", help="As a subgraph, for composing a supergraph.")
    ] = False,
) -> None:
    """Print the schema, as it stands in schema/schema.graphql."""
    from schema import federation as subgraphs  # noqa: PLC0415 the schema
    from server import graphql  # noqa: PLC0415 as above

    sdl = subgraphs.sdl(graphql.subgraph()) if federation else graphql.SCHEMA.as_str()
    print(sdl)  # noqa: T201 its purpose
