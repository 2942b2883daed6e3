"""Tensors in files: the safetensors format, which holds arrays and text and runs no code when it is read."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

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
