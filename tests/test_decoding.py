"""Reading JSON into types, from several threads at once."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import leverframe

CROWD = '''
import sys, threading, types
import dataclasses, msgspec
from leverframe.decoding import converted, decoder

SHAPES = {
    "dataclass": """
@dataclasses.dataclass
class Inner:
    a: "int"; b: "str"; c: "dict[str, int]"
@dataclasses.dataclass
class Outer:
    x: "Inner"; y: "list[Inner]"; z: "str"
""",
    "struct": """
class Inner(msgspec.Struct):
    a: "int"; b: "str"; c: "dict[str, int]"
class Outer(msgspec.Struct):
    x: "Inner"; y: "list[Inner]"; z: "str"
""",
}
TOLD = b'{"x":{"a":1,"b":"x","c":{"k":1}},"y":[{"a":1,"b":"x","c":{}}],"z":"q"}'
PLAIN = msgspec.json.decode(TOLD)
WAYS = [lambda shape: decoder(shape.Outer)(TOLD), lambda shape: converted(PLAIN, shape.Outer), lambda shape: decoder(list[shape.Inner])(b"[]")]
sys.setswitchinterval(1e-6)
read = 0
for number in range(30):
    for kind, written in SHAPES.items():
        shape = types.ModuleType(f"{kind}{number}")
        shape.dataclasses, shape.msgspec = dataclasses, msgspec
        sys.modules[shape.__name__] = shape
        exec(written, shape.__dict__)
        together = threading.Barrier(6)

        def one(way):
            global read
            together.wait()
            way(shape)
            read += 1

        crowd = [threading.Thread(target=one, args=(WAYS[at % 3],)) for at in range(6)]
        for thread in crowd:
            thread.start()
        for thread in crowd:
            thread.join()
print(read)
'''


def test_threads_that_meet_a_type_for_the_first_time_together() -> None:
    """A hub ended with a segmentation fault when its reader and its writer of the database read the first deployment at the same moment."""
    done = subprocess.run([sys.executable, "-c", CROWD], capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "360", "")


def test_nothing_is_read_into_a_type_elsewhere() -> None:
    """Every decoder of a type is made in one place, where threads wait for each other."""
    found = []
    for path in Path(leverframe.__file__).parent.rglob("*.py"):
        if path.name == "decoding.py":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and (name := ast.unparse(node.func)).startswith("msgspec."):
                typed = any(given.arg in ("type", "dec_hook") for given in node.keywords)
                if name.endswith(".convert") or (name.endswith(".Decoder") and node.args) or (name.endswith(".decode") and typed):
                    found.append(f"{path.name}:{node.lineno}")
    assert found == []
