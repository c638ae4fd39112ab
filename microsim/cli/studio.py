"""The command studio: no job, as it ends when it is told to and has no numbers."""

import webbrowser
from typing import Annotated

import typer

from ..base.schema import whole
from .app import app


@app.command(epilog="\b\nExample:\n  microsim studio electrodes")
def studio(
    folder: Annotated[str, typer.Argument(metavar="DIR", help="Folder to work in.")] = ".",
    port: Annotated[str, typer.Option(metavar="N", help="Port of 127.0.0.1; 0: any that is free.")] = "8765",
    jobs: Annotated[str, typer.Option(metavar="N", help="Jobs that run at a time; others wait.")] = "1",
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Only print the address.")] = False,
):
    """Work in a folder with a browser: look at volumes, paint labels, edit cases, run jobs.

    Serves pages to this machine alone, at an address with a token. Reads and writes nothing outside DIR. What
    it does is a command line that it shows. Jobs go on when the page or the server is closed. Ctrl-C ends it.
    """
    from ..studio.server import serve

    def told(address):
        print(f"studio: {address}", flush=True)
        if not no_browser:
            webbrowser.open(address)

    serve(folder, whole(0, 65535)(port, "--port"), whole(1, 64)(jobs, "--jobs"), told)
