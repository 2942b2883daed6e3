"""Tensors in files: the safetensors format, which holds arrays and text and runs no code when it is read.

`save_file` and `load_file` are for tensors by name, as `state_dict` gives them, and are read by every other program
that knows the format. `save` and `load` are PyTorch's, for nested dicts and lists: the tensors are stored in the same
way, and what they were nested in as JSON beside them.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from minigrad.tensor import Tensor, wrap
from minigrad.utils.files import write_whole


def _library() -> Any:
    try:
        import safetensors
        import safetensors.numpy
    except ImportError:
        raise ImportError(
            "minigrad.serialization: reading and writing tensors needs the safetensors package: "
            "pip install 'minigrad[train]'"
        ) from None
    return safetensors


def save_file(
    tensors: Mapping[str, Tensor], filename: str | os.PathLike[str], metadata: Mapping[str, str] | None = None
) -> None:
    """Write tensors by name, such as a `state_dict`; the file appears whole or not at all.

    Arguments:
        tensors: what to write.
        filename: where; an earlier file is replaced.
        metadata: texts to keep beside the tensors.

    >>> import tempfile
    >>> import minigrad
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     minigrad.serialization.save_file({"w": minigrad.ones(2)}, folder + "/w.safetensors")
    ...     minigrad.serialization.load_file(folder + "/w.safetensors")
    {'w': tensor([1., 1.])}
    """
    library = _library()
    arrays = {name: tensor.detach().clone().numpy() for name, tensor in tensors.items()}
    write_whole(filename, library.numpy.save(arrays, dict(metadata) if metadata else None))


def load_file(filename: str | os.PathLike[str]) -> dict[str, Tensor]:
    """Read the tensors of a safetensors file by name.

    Arguments:
        filename: the file.

    Raises:
        ValueError: for a file that is damaged, or of another format.
        FileNotFoundError: for one that does not exist.
    """
    library = _library()
    content = Path(filename).read_bytes()
    try:
        return {name: wrap(array) for name, array in library.numpy.load(content).items()}
    except (library.SafetensorError, ValueError, KeyError) as error:
        raise ValueError(f"load_file: {filename} is not a whole safetensors file: {error}") from None


def load_metadata(filename: str | os.PathLike[str]) -> dict[str, str]:
    """Read the texts that were kept beside the tensors; raises as `load_file`."""
    library = _library()
    Path(filename).read_bytes()[:8]  # a missing file is a FileNotFoundError, whatever the library calls it
    try:
        with library.safe_open(filename, framework="numpy") as file:
            return dict(file.metadata() or {})
    except (library.SafetensorError, ValueError) as error:
        raise ValueError(f"load_metadata: {filename} is not a whole safetensors file: {error}") from None


# --- nested objects

_PICKLES = (b"PK", b"\x80")  # how the files of torch.save and of pickle begin


def save(obj: Any, f: str | os.PathLike[str] | BinaryIO) -> None:
    """Write tensors, nested in dicts, lists and tuples beside numbers and texts.

    Arguments:
        obj: what to write: `{"model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 3}`, say.
        f: a path, or a file opened for writing bytes.

    Raises:
        TypeError: for what is neither: only a pickle could hold it, and a pickle can run any code when it is read.

    >>> import io
    >>> import minigrad
    >>> file = io.BytesIO()
    >>> minigrad.save({"w": minigrad.ones(2), "epoch": 3}, file)
    >>> _ = file.seek(0)
    >>> minigrad.load(file)
    {'w': tensor([1., 1.]), 'epoch': 3}
    """
    tensors: dict[str, Tensor] = {}
    structure = _taken_apart(obj, "", tensors)
    arrays = {name: tensor.detach().clone().numpy() for name, tensor in tensors.items()}
    content = _library().numpy.save(arrays, {"structure": json.dumps(structure)})
    if isinstance(f, str | os.PathLike):
        write_whole(f, content)
    else:
        f.write(content)


def load(f: str | os.PathLike[str] | BinaryIO, map_location: Any = None, weights_only: bool = True) -> Any:
    """Read what `save` wrote, or the tensors of any safetensors file as a dict.

    Arguments:
        f: a path, or a file opened for reading bytes.
        map_location: for PyTorch's sake; there is only the CPU.
        weights_only: for PyTorch's sake; nothing but data is ever read.

    Raises:
        ValueError: for a pickle, which is never opened, and for a damaged file.
    """
    content = Path(f).read_bytes() if isinstance(f, str | os.PathLike) else f.read()
    name = f if isinstance(f, str | os.PathLike) else "the file"
    if content.startswith(_PICKLES) and content[8:9] != b"{":  # where a safetensors header begins
        raise ValueError(
            f"load: {name} is a pickle, as torch.save writes them, and reading a pickle can run any code; "
            "write it again with safetensors.torch.save_file"
        )
    library = _library()
    try:
        tensors = {key: wrap(array) for key, array in library.numpy.load(content).items()}
        header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
        structure = header.get("__metadata__", {}).get("structure")
        return tensors if structure is None else _put_together(json.loads(structure), tensors)
    except (library.SafetensorError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"load: {name} is not a whole file of minigrad.save: {error}") from None


def _taken_apart(x: Any, path: str, tensors: dict[str, Tensor]) -> Any:
    """JSON for an object; the tensors in it are put into `tensors`, by their path."""
    if isinstance(x, Tensor):
        name = path or "tensor"
        while name in tensors:
            name += "_"  # {"a": {"b": x}, "a.b": y} has two of one path
        tensors[name] = x
        return {"tensor": name}
    if x is None or isinstance(x, bool | int | float | str):
        return x
    if isinstance(x, Mapping):
        items = [[key, _taken_apart(value, _joined(path, key), tensors)] for key, value in x.items()]
        if not all(isinstance(key, str | int) for key in x):
            raise TypeError(f"save: a dict at {path or 'the top'} has a key that is neither text nor a whole number")
        return {"dict": items}
    if isinstance(x, list | tuple):
        parts = [_taken_apart(value, _joined(path, i), tensors) for i, value in enumerate(x)]
        return {"list" if isinstance(x, list) else "tuple": parts}
    raise TypeError(
        f"save: {path or 'the object'} is a {type(x).__name__}; only tensors, numbers, texts, dicts, lists and tuples "
        "can be saved: save a module's state_dict() instead of the module"
    )


def _joined(path: str, key: Any) -> str:
    return f"{path}.{key}" if path else str(key)


def _put_together(x: Any, tensors: dict[str, Tensor]) -> Any:
    if not isinstance(x, dict):
        return x
    ((kind, content),) = x.items()
    if kind == "tensor":
        return tensors[content]
    if kind == "dict":
        return {key: _put_together(value, tensors) for key, value in content}
    parts = [_put_together(value, tensors) for value in content]
    return parts if kind == "list" else tuple(parts)
