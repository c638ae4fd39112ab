"""The command line's frame: the app, how a command is registered, exit codes.

Exit codes: 0 success, 2 bad input (one sentence on standard error), 3 a solver did not converge, 130 Ctrl-C.
"""

import sys
import traceback
from typing import Annotated

import typer

from ..base.errors import MicrosimError, NotConverged
from ..base.launch import fail_together, launch_rank
from ..base.schema import listed
from .environment import drop_output, finish, prepare

app = typer.Typer(
    name="microsim",
    rich_markup_mode=None,  # plain text: half the start-up time, and help that reads the same in a pipe
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def _microsim(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
):
    """Transport and electrochemistry on the voxels of a battery electrode, compared with measured maps.

    Start with `microsim demo`; every command explains itself with --help.
    """
    if version:
        from .. import __version__

        print(f"microsim {__version__}")
    elif context.invoked_subcommand is None:
        print(context.get_help())


def main(arguments=None):
    """Run the command line; gives back the exit code. Every expected failure is one sentence."""
    prepare()
    try:
        code = app(args=arguments, prog_name="microsim", standalone_mode=False)
        finish()
    except NotConverged as error:
        last = listed(f"{residual:.3g}" for residual in error.history[-3:])
        return _fail(f"{error}{f' (last residuals: {last})' * bool(last)}", error.exit_code)
    except MicrosimError as error:
        return _fail(error, error.exit_code)
    except typer.TyperException as error:
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "microsim"
        return _fail(f"{_told(error)}; see {command} --help.", 2)
    except BrokenPipeError:  # of head, or a pager that was left: there is nobody to tell
        drop_output()
        return 0
    except OSError as error:
        name = f"{error.filename}: " if error.filename else ""
        return _fail(
            f"{name}expected to read or write, got: {error.strerror or error}; name another place.", 2
        )
    except MemoryError:
        return _fail("expected enough memory for this volume, got none left; crop or coarsen the volume.", 2)
    except typer.Abort as abort:
        if isinstance(abort.__cause__, EOFError):  # which typer takes for the end of what was typed
            return _fail("expected complete files, got one that ends too early; export or fetch it again.", 2)
        code = 130
    except Exception:
        if launch_rank() is None:
            raise
        return fail_together(traceback.print_exc, 1)  # the other ranks would wait for this one forever
    if code == 130:
        return _fail("interrupted by Ctrl-C.", 130)
    return code if isinstance(code, int) else 0


def _told(error):
    """Say what is wrong with the words of a command line."""
    said = error.format_message().replace("Value error, ", "").rstrip(".")
    return f"{said}; put a name with spaces in quotes" if "unexpected extra argument" in said else said


def _fail(message, code):
    def say():
        if sys.stderr is not None:
            print("microsim: " + " ".join(str(message).split()), file=sys.stderr)

    return fail_together(say, code)
