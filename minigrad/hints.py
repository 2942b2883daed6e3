"""What to say about a name that minigrad does not have: the nearest one it has, or that it is not meant to have it."""

from collections.abc import Iterable

OUT_OF_SCOPE = {
    "CUDA and other accelerators": {
        "Event",
        "Stream",
        "cudnn",
        "mps",
        "mtia",
        "xpu",
        "get_device_name",
        "get_device_properties",
    },
    "compiling": {"compiler", "export", "fx"},
    "distributed training": {"DataParallel", "SyncBatchNorm", "all_reduce", "init_process_group", "multiprocessing"},
    "complex numbers": {"cfloat", "complex", "complex64", "complex128", "view_as_complex", "view_as_real"},
    "images": {
        "Fold",
        "PixelShuffle",
        "Unfold",
        "Upsample",
        "affine_grid",
        "grid_sample",
        "interpolate",
        "torchvision",
    },
    "reduced and mixed precision": {"quantization", "quantize_per_tensor"},
    "sparse tensors and signals": {"fft", "sparse", "sparse_coo_tensor", "stft"},
}


def missing(owner: str, name: str, known: Iterable[str]) -> AttributeError:
    """The error for a name that is not there.

    Arguments:
        owner: what was asked for it, such as "minigrad.nn".
        name: the name.
        known: the names it has.

    >>> missing("minigrad", "sofmax", ["softmax", "sum"])
    AttributeError("minigrad has no attribute 'sofmax'; did you mean 'softmax'?")
    >>> missing("minigrad", "fx", ["sum"])
    AttributeError("minigrad has no attribute 'fx'; compiling is out of its scope")
    """
    said = f"{owner} has no attribute {name!r}"
    for subject, names in OUT_OF_SCOPE.items():
        if name in names or (subject == "images" and name.lower().endswith(("2d", "3d"))):
            return AttributeError(f"{said}; {subject} {'are' if subject.endswith('s') else 'is'} out of its scope")
    import difflib  # only those who ask for what is not there need it

    near = difflib.get_close_matches(name, [k for k in known if not k.startswith("_")], n=1, cutoff=0.75)
    return AttributeError(f"{said}; did you mean {near[0]!r}?" if near else said)
