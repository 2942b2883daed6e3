"""What a notebook shows of a tensor: its own numbers, all or the edges, and nothing that could act."""

import re

import numpy as np
import pytest

import minigrad
from minigrad import nn
from minigrad.display import CELLS, EDGE, SLICES
from minigrad.utils.markup import BLUE, ORANGE
from tests.markup import Element, parsed


def shown(tensor: minigrad.Tensor) -> Element:
    return parsed(tensor._repr_html_())


def cells(tensor: minigrad.Tensor) -> dict[tuple[int, ...], Element]:
    """The cells of a tensor's numbers, by the places in their titles."""
    found = {}
    for cell in shown(tensor).all("td"):
        if "title" in cell.attributes:
            place = cell.attributes["title"].rpartition(" = ")[0]
            found[tuple(map(int, re.findall(r"\d+", place)))] = cell
    return found


def exact(cell: Element) -> str:
    return cell.attributes["title"].rpartition(" = ")[2]


@pytest.mark.parametrize(
    "shape", [(), (1,), (10,), (11,), (37,), (2000,), (3, 4), (1, 40), (40, 40), (5, 0), (2, 3, 4)]
)
@pytest.mark.parametrize("dtype", [minigrad.float64, minigrad.float32, minigrad.float16, minigrad.int64, minigrad.bool])
def test_every_cell_holds_the_number_of_its_place(shape, dtype):
    tensor = (minigrad.randn(*shape) if shape else minigrad.tensor(-1.5)).mul(3).to(dtype)
    found = cells(tensor)
    for place, cell in found.items():
        number = tensor.numpy()[place]
        assert exact(cell) == str(number)
        assert dtype == minigrad.bool or np.array(exact(cell)).astype(number.dtype) == number
    if tensor.numel() <= CELLS:
        assert set(found) == set(np.ndindex(*shape))


def test_numbers_are_written_as_they_are_printed():
    tensor = minigrad.tensor([[1.0, -0.123456], [30.5, 3.0]])
    assert [cell.text for cell in cells(tensor).values()] == re.findall(r"-?\d[-+.\de]+", repr(tensor))
    minigrad.set_printoptions(precision=2)
    try:
        assert cells(tensor)[0, 1].text == "-0.12"
    finally:
        minigrad.set_printoptions(profile="default")


def test_numbers_stand_under_their_column_and_beside_their_row():
    tensor = minigrad.arange(2000).reshape(40, 50)
    head, *rows = [[*row.children] for row in next(shown(tensor).all("table")).all("tr")]
    edges = [*range(EDGE), *range(50 - EDGE, 50)]
    assert [cell.text for cell in head] == ["", *map(str, edges[:EDGE]), "", *map(str, edges[EDGE:])]
    assert len(rows) == 2 * EDGE + 1
    for row in rows:
        if row[0].text:
            for column, cell in zip(head[1:], row[1:], strict=True):
                assert cell.text == (str(50 * int(row[0].text) + int(column.text)) if column.text else "…")
        else:
            assert {cell.text for cell in row[1:]} == {"…"}
    wrapped = minigrad.arange(25)
    head, *rows = [[*row.children] for row in next(shown(wrapped).all("table")).all("tr")]
    for row in rows:
        for column, cell in zip(head[1:], row[1:], strict=False):
            assert int(cell.text) == int(row[0].text) + int(column.text)


def test_the_heading_says_what_it_is():
    a = minigrad.ones(2, 3, requires_grad=True)
    assert shown(a).text.startswith("Tensor (2, 3) · float32 · requires_grad=True")
    assert shown(a.exp()).text.startswith("Tensor (2, 3) · float32 · grad_fn=<exp>")
    assert shown(nn.Parameter(minigrad.ones(1))).text.startswith("Parameter (1,) · float32 · requires_grad=True")
    assert shown(minigrad.zeros(0, 3)).text == "Tensor (0, 3) · float32"


def test_colours_tell_sign_and_size():
    styles = [cell.attributes["style"] for cell in cells(minigrad.tensor([-4.0, -2.0, 1.0, 4.0])).values()]
    opacity = []
    for style, colour in zip(styles, (BLUE, BLUE, ORANGE, ORANGE), strict=True):
        (found,) = re.findall(rf"background:{colour}(\w\w)$", style)
        opacity.append(int(found, 16))
    assert opacity[0] == opacity[3] == 2 * opacity[1]
    assert abs(opacity[2] - opacity[0] / 4) <= 1


def test_a_mask_leaves_the_others_their_colours():
    styles = {
        tuple(cell.attributes["style"] for cell in cells(minigrad.tensor([-1.0, 2.0, mask])).values())[:2]
        for mask in (0.0, -1e38, -np.inf, np.nan)
    }
    assert len(styles) == 1


def test_numbers_that_are_not_ordinary_look_different():
    tensor = minigrad.tensor([0.0, np.nan, np.inf, -np.inf, 1.0, -1.0])
    found = list(cells(tensor).values())
    assert len({cell.attributes["style"] for cell in found}) == 6
    assert [cell.text for cell in found] == ["0.", "nan", "inf", "-inf", "1.", "-1."]


def test_what_is_left_out_is_said():
    text = shown(minigrad.arange(2000).reshape(40, 50)).text
    assert f"{4 * EDGE**2} of 2,000 numbers; all from 0 to 1999" in text
    many = minigrad.ones(SLICES + 2, 1, 2)
    assert f"{2 * SLICES} of {2 * SLICES + 4} numbers, and 2 more matrices" in shown(many).text
    assert len(list(shown(many).all("table"))) == SLICES
    assert "numbers" not in shown(minigrad.ones(32, 32)).text
    spoilt = minigrad.ones(2000)
    spoilt[7] = float("nan")
    assert "all from 1.0 to 1.0; 1 NaN or infinite" in shown(spoilt).text


def test_a_large_tensor_makes_a_small_output():
    """Its size does not depend on the tensor's, so neither does the time, but for the smallest and the largest."""
    for shape in ((10**7,), (1000, 1000), (100, 100, 100)):
        assert len(minigrad.zeros(*shape)._repr_html_()) < 150_000


def test_no_name_becomes_markup():
    class Evil(minigrad.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.clone()

        @staticmethod
        def backward(ctx, g):
            return g

    name = "</b><script>alert('1')</script>\""
    Evil.__name__ = Evil.__qualname__ = name
    x = Evil.apply(minigrad.ones(2, requires_grad=True))
    parameter = type(name, (nn.Parameter,), {})(minigrad.ones(1))
    for tensor in (x, parameter):
        assert "<script>" not in tensor._repr_html_()
        assert name in shown(tensor).text


@pytest.mark.parametrize("numbers", [[1e308, 1e-30], [5e-324, -1.0], [1e308, np.inf], [-1e308], [1e29, 1e31]])
def test_extreme_numbers_are_no_warning(numbers):
    tensor = minigrad.tensor(numbers, dtype=minigrad.float64)
    assert [float(exact(cell)) for cell in cells(tensor).values()] == numbers
    assert len(repr(tensor)) < 80


def test_showing_changes_nothing():
    x = minigrad.randn(4, 4, requires_grad=True)
    before = x.detach().clone()
    x._repr_html_()
    assert minigrad.equal(x, before)
    assert x.grad is None
    assert x.is_leaf


def test_a_parameter_of_a_lazy_layer_says_that_it_is_one():
    assert shown(nn.LazyLinear(2).weight).text == "<UninitializedParameter>"
