"""The process in which filters are evaluated: one JSON object a line in, one a line out.

CEL's evaluator holds Python's lock and knows no limit: ``event.paths.filter(p, …)`` over 30,000 paths takes 50 seconds.
Only the system can stop that, so each request has a budget of processor time (after which the system ends this process)
and all of them one of memory. This file imports nothing of the hub's: it runs by itself and starts fast.
"""

import json
import resource
import signal
import sys
from typing import Any

import cel

MEMORY_BYTES = 512 * 1024 * 1024
_programs: dict[str, cel.Program] = {}


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Return what the request asks for: ``names`` of an expression's variables, or whether it ``holds``; else an ``error``."""
    expression = request["expression"]
    try:
        program = _programs.get(expression)
        if program is None:
            program = _programs[expression] = cel.compile(expression)
    except ValueError as error:
        return {"error": str(error)}
    if "variables" not in request:
        return {"names": program.variables()}
    try:
        found = program.execute(request["variables"])
    except KeyError as error:
        return {"error": f"there is no {error.args[0]}"}
    except (TypeError, ValueError, RuntimeError, LookupError, ArithmeticError) as error:
        return {"error": (str(error) or type(error).__name__).splitlines()[0]}
    if isinstance(found, bool):
        return {"holds": found}
    return {"error": f"it gives a value of type {type(found).__name__}, neither true nor false"}


def main() -> None:
    """Answer until the hub closes the pipe, however the hub ends. The argument is the budget in seconds of processor time."""
    budget_s = float(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    for line in sys.stdin.buffer:
        signal.setitimer(signal.ITIMER_PROF, budget_s)  # SIGPROF, which nobody handles, ends the process
        said = json.dumps(answer(json.loads(line)))
        signal.setitimer(signal.ITIMER_PROF, 0)
        sys.stdout.buffer.write(said.encode() + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
