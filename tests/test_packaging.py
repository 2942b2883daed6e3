"""What it costs to import the package, and what it needs."""

import subprocess
import sys
from pathlib import Path

import minigrad

ROOT = Path(minigrad.__file__).parent.parent


def modules_after(statement: str) -> set[str]:
    """What a fresh interpreter has imported after the statement."""
    code = f"import sys; {statement}; print('\\n'.join(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(run.stdout.split())


def test_importing_brings_in_numpy_and_little_else():
    """Counted in modules, which unlike seconds do not depend on the machine."""
    with_numpy, with_minigrad = modules_after("import numpy"), modules_after("import minigrad")
    optional = {"graphviz", "hypothesis", "jax", "matplotlib", "pygraphviz", "pytest", "safetensors", "torch", "tqdm"}
    assert not optional & with_minigrad
    own = {name for name in with_minigrad if name.split(".")[0] == "minigrad"}
    others = with_minigrad - with_numpy - own
    assert len(own) < 47, sorted(own)
    assert len(others) < 4, sorted(others)
    assert {name.split(".")[0] for name in others if not name.startswith("_")} <= sys.stdlib_module_names | {"numpy"}


def test_rooms_import_only_rooms_below():
    """The lowest room needs nothing of the others; ops nothing of tensors and modules."""
    for room, above in {
        "minigrad.autograd": ("ops", "tensor", "nn", "optim", "graph"),
        "minigrad.ops": ("tensor", "nn", "optim", "graph"),
        "minigrad/tensor.py": ("nn", "optim", "graph"),
        "minigrad/nn": ("optim", "graph"),
        "minigrad/optim": ("nn", "graph"),
        "minigrad/distributions": ("nn", "optim", "graph"),
        "minigrad/func": ("optim", "graph"),
    }.items():
        path = ROOT / room.replace(".", "/") if not room.endswith(".py") else ROOT / room
        for file in [path] if path.is_file() else sorted(path.rglob("*.py")):
            code = [
                line for line in file.read_text(encoding="utf-8").splitlines() if line.startswith(("from", "import"))
            ]
            for name in above:
                wrong = [line for line in code if f"minigrad.{name}" in line or f"from minigrad import {name}" in line]
                assert not wrong, f"{file}: {wrong}"
