"""The entry point. ``leverframe serve`` goes straight to the hub: it must take its first event soon after it starts."""

from __future__ import annotations

import gc
import sys


def main() -> None:
    """Run what the command line asks for, and exit: 0 done, 1 refused or failed, 2 wrong usage."""
    arguments = sys.argv[1:]
    match arguments:
        case ["serve"]:
            _serve(None)
        case ["serve", "--config" | "-c", path]:
            _serve(path)
        case ["serve", option] if option.startswith("--config="):
            _serve(option.removeprefix("--config="))
        case _:
            from typer.exceptions import Abort, TyperException

            from leverframe.cli.commands import app, keep

            if arguments and not arguments[0].startswith("-"):
                keep(arguments[0])
            try:
                status = app(arguments, prog_name="leverframe", standalone_mode=False)
            except TyperException as wrong:
                from leverframe.cli.usage import tell

                tell(wrong, arguments)
                status = wrong.exit_code
            except Abort:  # no answer to a question
                print("Aborted!", file=sys.stderr)
                status = 1
            sys.exit(status)


def _serve(config: str | None) -> None:
    gc.disable()  # until the hub is built: next to nothing of what is imported is garbage, and looking for it took a tenth of the start
    # structlog imports Rich where it finds it, for tracebacks in colour: 40 ms and 6 MB that a hub has no use for. None makes
    # the import fail (https://docs.python.org/3/reference/import.html#the-module-cache), and structlog goes without.
    sys.modules["rich"] = None  # type: ignore[assignment]
    import structlog  # noqa: F401  imported for this moment only

    del sys.modules["rich"]
    from leverframe.cli.serving import serve  # neither Typer nor Rich is imported on this way

    sys.exit(serve(config))
