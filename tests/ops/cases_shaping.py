"""Cases of the ops that move elements: shaping, joining, arranging, padding."""

from typing import Any

from tests.ops.case import Case, case, normal


def pad(shape: tuple[int, ...], ends: tuple[int, ...], mode: str = "constant", **options: Any) -> Case:
    return case(
        f"pad {shape} by {ends}, {mode} {options or ''}",
        lambda m, x: m.nn.functional.pad(x, ends, mode, **options),
        normal(*shape),
    )


CASES: list[Case] = [
    # the same elements in another shape
    case("view, and as others", lambda m, x, y: (x.view(6), x.view_as(y), x.reshape_as(y)), normal(2, 3), normal(3, 2)),
    case("view, of a view", lambda m, x: x[:, 1:].view(2, 1, -1), normal(2, 3)),
    case("view, nothing", lambda m, x: x.view(3, 0, 2), normal(0, 3)),
    case("contiguous", lambda m, x: (x.contiguous() * 2, x.T.contiguous()), normal(2, 3)),
    case("ravel", lambda m, x: (m.ravel(x), x.T.ravel() * 2), normal(2, 3)),
    case("t", lambda m, x, y, z: (m.t(x), y.t(), z.t() * 2), normal(2, 3), normal(3), normal()),
    case("swapaxes", lambda m, x: (m.swapaxes(x, 0, 2), x.swapdims(0, -2)), normal(2, 3, 4)),
    case("transpose, a number", lambda m, x: x.transpose(0, -1), normal()),
    case("unflatten", lambda m, x: (x.unflatten(1, (3, -1)), m.unflatten(x, -1, (6, 1))), normal(2, 6)),
    case("movedim", lambda m, x: (m.movedim(x, 0, -1), x.movedim((0, 3), (2, 1))), normal(2, 3, 4, 5)),
    case("moveaxis", lambda m, x: (m.moveaxis(x, (2, 0), (0, 1)), x.moveaxis(1, 1)), normal(2, 3, 4)),
    case("expand_as", lambda m, x, y: x.expand_as(y), normal(3, 1), normal(2, 3, 2)),
    case("broadcast_tensors", lambda m, x, y: m.broadcast_tensors(x, y), normal(3, 1), normal(2)),
    *[
        case(f"atleast {shape}", lambda m, x: (m.atleast_1d(x), m.atleast_2d(x), m.atleast_3d(x)), normal(*shape))
        for shape in [(), (2,), (2, 3), (2, 3, 1), (0,)]
    ],
    case("atleast, several", lambda m, x, y: m.atleast_2d(x, y), normal(), normal(2)),
    # joining and cutting
    case("hstack", lambda m, x, y: m.hstack([x, y]), normal(2, 3), normal(2, 1)),
    case("hstack, vectors", lambda m, x, y: m.hstack((x, y)), normal(2), normal()),
    case("vstack", lambda m, x, y: m.vstack([x, y]), normal(2), normal(3, 2)),
    case("dstack", lambda m, x, y: m.dstack([x, y]), normal(2), normal(1, 2, 3)),
    case("column_stack", lambda m, x, y: m.column_stack([x, y]), normal(2), normal(2, 3)),
    case("cat, with an empty vector", lambda m, x, y: m.cat([x, y], 1), normal(2, 2), normal(0)),
    case("chunk, more than there are", lambda m, x: x.chunk(5, -1), normal(2, 3)),
    case("split, nothing", lambda m, x: x.split(0), normal(0, 2)),
    case("tensor_split", lambda m, x: m.tensor_split(x, 3, 1), normal(2, 5)),
    case("tensor_split, places", lambda m, x: x.tensor_split((1, 3, 9)), normal(4)),
    case("tensor_split, a tensor", lambda m, x: x.tensor_split(m.tensor([1]), dim=-1), normal(2, 3)),
    case("hsplit", lambda m, x, y: (*m.hsplit(x, 2), *y.hsplit([1])), normal(3, 4), normal(3)),
    case("vsplit and dsplit", lambda m, x: (*m.vsplit(x, 2), *x.dsplit((1, 2))), normal(2, 1, 3)),
    case("block_diag", lambda m, x, y, z: m.block_diag(x, y, z), normal(2, 3), normal(2), normal()),
    case("block_diag, nothing", lambda m, x, y: m.block_diag(x, y), normal(0, 2), normal(1, 1)),
    case("cartesian_prod", lambda m, x, y: (m.cartesian_prod(x, y, x), m.cartesian_prod(y)), normal(2), normal(3)),
    case("narrow", lambda m, x: (m.narrow(x, 1, 1, 2), x.narrow(-1, -2, 1), x.narrow(0, 2, 0)), normal(2, 3)),
    case("select", lambda m, x: (m.select(x, 1, -1), x.select(0, 1)), normal(2, 3)),
    # arranging
    case("flipud and fliplr", lambda m, x: (m.flipud(x), x.fliplr()), normal(2, 3)),
    case("diagflat", lambda m, x: (m.diagflat(x), x.diagflat(-1)), normal(2, 2)),
    case("roll", lambda m, x: (m.roll(x, 1, 0), x.roll(-2, 1), x.roll((1, 5), (0, -1))), normal(2, 3)),
    case("roll, all elements", lambda m, x: (x.roll(2), m.roll(x, shifts=-1)), normal(2, 3)),
    case("roll, nothing", lambda m, x: x.roll(1, 0), normal(0, 3)),
    *[
        case(f"rot90 {k}", lambda m, x, k=k: (m.rot90(x, k), x.rot90(k, (2, 1))), normal(2, 3, 2))
        for k in (-1, 0, 1, 2, 7)
    ],
    case("repeat", lambda m, x: (x.repeat(2, 3), x.repeat((2, 1, 2))), normal(2, 3)),
    case("repeat, a number", lambda m, x: (x.repeat(3), x.repeat(())), normal()),
    case("repeat, never", lambda m, x: (x.repeat(0, 1), x.repeat(1, 1)), normal(2, 3)),
    case("repeat, one element", lambda m, x: x.repeat(3, 1) * x, normal(1, 1)),
    case("tile", lambda m, x: (m.tile(x, (2,)), x.tile(2, 1, 2)), normal(2, 3)),
    case("repeat_interleave", lambda m, x: (m.repeat_interleave(x, 2), x.repeat_interleave(3, dim=-1)), normal(2, 3)),
    case("repeat_interleave, a tensor", lambda m, x, n: x.repeat_interleave(n, 1), normal(2, 3), [0, 2, 1]),
    case("repeat_interleave, a number", lambda m, x, n: x.repeat_interleave(n), normal(), [3]),
    case("meshgrid", lambda m, x, y: m.meshgrid(x, y, indexing="ij"), normal(2), normal(3)),
    case("meshgrid, xy", lambda m, x, y, z: m.meshgrid([x, y, z], indexing="xy"), normal(2), normal(), normal(3)),
    case("meshgrid, nothing", lambda m, x, y: m.meshgrid(x, y, indexing="ij"), normal(2), normal(0)),
    case("diagonal", lambda m, x: (m.diagonal(x), x.diagonal(1), x.diagonal(-1), x.diagonal(7)), normal(3, 4)),
    case("diagonal, of a batch", lambda m, x: x.diagonal(1, -1, 0), normal(3, 2, 4)),
    case("diagonal, of a view", lambda m, x: x.T[::2].diagonal(-1), normal(3, 4)),
    case("diag", lambda m, x, y: (m.diag(x), y.diag(), y.diag(-1), x.diag(-2)), normal(3), normal(3, 2)),
    case("diag_embed", lambda m, x: (m.diag_embed(x), x.diag_embed(1), x.diag_embed(-2, 0, 2)), normal(2, 3)),
    case("as_strided", lambda m, x: m.as_strided(x, (3, 2, 2), (2, 1, 0), 1), normal(2, 4)),
    case("as_strided to a number", lambda m, x: x.as_strided((), ()), normal(3)),
    case("unfold", lambda m, x: (x.unfold(1, 3, 1), x.unfold(-1, 2, 2), x.unfold(0, 2, 5)), normal(2, 5)),
    case("unfold, in a row", lambda m, x: x.unfold(1, 3, 1).unfold(0, 2, 1), normal(3, 4)),
    case("unfold, a number", lambda m, x: x.unfold(0, 1, 1), normal()),
    # padding
    pad((2, 3), (1, 2)),
    pad((2, 3), (0, 1, 2, 0), value=1.5),
    pad((2, 3), (-1, 2)),
    pad((2, 3), (-2, 0, 1, -1)),
    pad((3,), ()),
    pad((0, 3), (1, 1, 1, 0)),
    *[
        pad(shape, ends, mode)
        for mode in ("reflect", "replicate", "circular")
        for shape, ends in [((2, 3), (1, 2)), ((1, 2, 4), (2, 0)), ((1, 2, 3), (1, 1, 1, 0)), ((2, 4), (-1, 1))]
    ],
    case("pad, in many dims", lambda m, x: m.nn.functional.pad(x, (1,) * 6, "replicate"), normal(1, 2, 2, 2)),
]
