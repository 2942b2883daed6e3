"""Einstein's notation: which dimensions are multiplied and summed, said by letters.

Two operands at a time are brought, by permuting and reshaping, into one batched matrix product; so that `einsum` has
no derivative of its own.
"""

import math
from collections import Counter
from typing import Any

from minigrad.autograd.errors import ShapeError
from minigrad.dtypes import promote_types
from minigrad.ops.arranging import diagonal
from minigrad.ops.linalg import matmul
from minigrad.ops.shaping import permute, reshape, squeeze


def einsum(equation: Any, *operands: Any) -> Any:
    """Sums of products, in Einstein's notation.

    Every dimension of every operand has a letter. Dimensions of the same letter go together; letters that the output
    does not name are summed over. Without `->` the output names the letters that occur once, in alphabetical order.
    `...` stands for any further dimensions, which broadcast. A letter twice in one operand means its diagonal.

    Arguments:
        equation: such as "bik,bkj->bij". Or operands and lists of numbers in place of letters, by turns, and at the
            end the list of the output.
        operands: tensors, or one list of them.

    >>> import minigrad
    >>> a = minigrad.tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> minigrad.einsum("ij,j->i", a, minigrad.ones(2)), minigrad.einsum("ii", a), minigrad.einsum("ij->ji", a)
    (tensor([3., 7.]), tensor(5.), tensor([[1., 3.],
            [2., 4.]]))
    """
    if not isinstance(equation, str):
        equation, operands = _from_lists((equation, *operands))
    elif len(operands) == 1 and isinstance(operands[0], tuple | list):
        operands = tuple(operands[0])
    inputs, output = _parse(equation, operands)
    lengths = _lengths(equation, inputs, operands)
    terms = [_single(x, labels, lengths) for x, labels in zip(operands, inputs, strict=True)]
    x, labels = terms[0]
    for i, term in enumerate(terms[1:], 1):
        x, labels = _contract(x, labels, *term, _needed(terms[i + 1 :], output))
    x, labels = _sum_over(x, labels, set(output))
    return permute(x, [labels.index(label) for label in output])


Labels = list[str]  # one for each dimension: a letter, or "...0", "...1" and so on for those of an ellipsis


def _from_lists(arguments: tuple[Any, ...]) -> tuple[str, tuple[Any, ...]]:
    """`a, [0, 1], b, [1, 2], [0, 2]` as an equation and operands."""

    def letters(numbers: Any) -> str:
        return "".join("..." if n is Ellipsis else chr(ord("A") + n if n < 26 else ord("a") + n - 26) for n in numbers)

    pairs = len(arguments) // 2 * 2
    equation = ",".join(letters(numbers) for numbers in arguments[1:pairs:2])
    return equation + ("->" + letters(arguments[-1]) if len(arguments) % 2 else ""), arguments[:pairs:2]


def _parse(equation: str, operands: tuple[Any, ...]) -> tuple[list[Labels], Labels]:
    """The labels of each operand's dimensions, and those of the output."""
    left, arrow, right = equation.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(operands) or not operands:
        raise ShapeError(f"einsum: equation {equation!r} is for {len(terms)} operands, not {len(operands)}")
    inputs = [_labels(equation, term, x.ndim) for term, x in zip(terms, operands, strict=True)]
    dots = max((label for labels in inputs for label in labels if label[0] == "."), key=_number, default="")
    all_dots = [f"...{i}" for i in range(_number(dots), -1, -1)] if dots else []
    count = Counter(label for labels in inputs for label in labels)
    if arrow:
        output = _labels(equation, right, len(right.replace("...", "")) + len(all_dots) * ("..." in right))
    else:
        output = all_dots + sorted(label for label, n in count.items() if n == 1 and label[0] != ".")
    for label in output:
        if label not in count or output.count(label) > 1:
            raise ShapeError(f"einsum: equation {equation!r}: the output names {label!r} twice, or no operand has it")
    return inputs, output


def _number(label: str) -> int:
    return int(label[3:] or -1)


def _labels(equation: str, term: str, ndim: int) -> Labels:
    """A label for each dimension. Those of the ellipsis are counted from the last, since they broadcast."""
    before, dots, after = term.partition("...")
    letters = before + after
    more = ndim - len(letters)
    if (letters and not (letters.isascii() and letters.isalpha())) or more < 0 or (more and not dots):
        raise ShapeError(
            f"einsum: equation {equation!r}: {term!r} does not fit an operand of {ndim} dimensions; a letter for each, "
            "or '...' for some, would do"
        )
    return [*before, *(f"...{i}" for i in range(more - 1, -1, -1)), *after]


def _lengths(equation: str, inputs: list[Labels], operands: tuple[Any, ...]) -> dict[str, int]:
    lengths: dict[str, int] = {}
    for labels, x in zip(inputs, operands, strict=True):
        for label, n in zip(labels, x.shape, strict=True):
            known = lengths.setdefault(label, n)
            if known == 1:
                lengths[label] = n
            elif n not in (1, known):
                shapes = ", ".join(str(x.shape) for x in operands)
                raise ShapeError(
                    f"einsum: equation {equation!r} with operands of shapes {shapes}: {label!r} stands for {known} "
                    f"and for {n}"
                )
    return lengths


def _single(x: Any, labels: Labels, lengths: dict[str, int]) -> tuple[Any, Labels]:
    """An operand in which each label stands once, for its full length."""
    labels = list(labels)
    for label in [label for label, n in Counter(labels).items() if n > 1]:
        while labels.count(label) > 1:
            first = labels.index(label)
            second = labels.index(label, first + 1)
            x = diagonal(x, 0, first, second)
            labels = [*(other for i, other in enumerate(labels) if i not in (first, second)), label]
    stretched = [d for d, label in enumerate(labels) if x.shape[d] == 1 and lengths[label] != 1]
    if stretched:  # what is 1 long where others are longer has no part in the product
        x = squeeze(x, tuple(stretched))
        labels = [label for d, label in enumerate(labels) if d not in stretched]
    return x, labels


def _needed(terms: list[tuple[Any, Labels]], output: Labels) -> set[str]:
    return set(output).union(*(labels for _, labels in terms))


def _sum_over(x: Any, labels: Labels, needed: set[str]) -> tuple[Any, Labels]:
    """Without the labels that nobody needs any more."""
    dims = tuple(d for d, label in enumerate(labels) if label not in needed)
    return (x.sum(dims), [label for label in labels if label in needed]) if dims else (x, labels)


def _contract(a: Any, labels_a: Labels, b: Any, labels_b: Labels, needed: set[str]) -> tuple[Any, Labels]:
    """The product of two operands, summed over what they share and nobody else needs: one matrix product."""
    one_type = a.dtype == b.dtype
    a, labels_a = _sum_over(a, labels_a, needed.union(labels_b))
    b, labels_b = _sum_over(b, labels_b, needed.union(labels_a))
    if one_type and a.dtype != b.dtype:  # sums of short integers are long ones
        a, b = (x.to(promote_types(a.dtype, b.dtype)) for x in (a, b))
    shared = [label for label in labels_a if label in labels_b]
    batch, summed = [x for x in shared if x in needed], [x for x in shared if x not in needed]
    rows, columns = [x for x in labels_a if x not in shared], [x for x in labels_b if x not in shared]
    length = dict(zip([*labels_a, *labels_b], [*a.shape, *b.shape], strict=True))

    def arranged(x: Any, labels: Labels, *groups: Labels) -> Any:
        """Permuted into groups of dimensions, each run into one."""
        order = [labels.index(label) for group in groups for label in group]
        return reshape(permute(x, order), tuple(math.prod(length[label] for label in group) for group in groups))

    product = matmul(arranged(a, labels_a, batch, rows, summed), arranged(b, labels_b, batch, summed, columns))
    kept = batch + rows + columns
    return reshape(product, tuple(length[label] for label in kept)), kept


def bilinear(input1: Any, input2: Any, weight: Any, bias: Any = None) -> Any:
    """input1 · weight[o] · input2 + bias[o] for each output o: what two vectors say together.

    Arguments:
        input1: a tensor of shape (..., in1_features).
        input2: a tensor of shape (..., in2_features), the same before the last dimension.
        weight: a tensor of shape (out_features, in1_features, in2_features).
        bias: a tensor of shape (out_features,), or None.

    Returns:
        A tensor of shape (..., out_features).

    >>> import minigrad
    >>> x = minigrad.ones(4, 2)
    >>> minigrad.nn.functional.bilinear(x, x, minigrad.ones(3, 2, 2)).shape
    (4, 3)
    """
    if input1.shape[:-1] != input2.shape[:-1] or weight.shape[1:] != (*input1.shape[-1:], *input2.shape[-1:]):
        raise ShapeError(
            f"bilinear: inputs of shapes {input1.shape} and {input2.shape} do not fit weight of shape {weight.shape}, "
            "which is (out_features, in1_features, in2_features)"
        )
    y = einsum("...i,oij,...j->...o", input1, weight, input2)
    return y if bias is None else y + bias
