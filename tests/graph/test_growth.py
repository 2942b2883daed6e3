"""The table of layers: what was measured agrees with the textbook."""

import math

import pytest

import minigrad
from minigrad import nn
from minigrad.graph import exponent, growth, layer_growth, to_markdown


def test_exponents() -> None:
    assert exponent([2, 4, 8], [12, 48, 192]) == pytest.approx(2)
    assert exponent([2, 4, 8], [5, 5, 5]) == pytest.approx(0)
    assert math.isnan(exponent([2, 4], [0, 0]))


def test_the_layers_grow_as_the_textbook_says() -> None:
    rows = {row.name: row for row in layer_growth(width=2)}
    orders = {"O(1)": (-0.01, 0.01), "O(log n)": (0.05, 0.5), "O(n)": (0.65, 1.0)}
    for name, row in rows.items():
        _, depth, path = row.exponents
        low, high = orders[row.maximum_path]
        assert low <= path <= high, name
        if name != "convolutions":  # of which it says how deep one is, not all
            low, high = orders[row.sequential]
            assert low <= depth <= high, name
    for name in ("RNN", "RNN, both ways", "LSTM", "GRU"):
        assert rows[name].exponents[0] == pytest.approx(1)
    assert 1.8 < rows["self-attention"].exponents[0] < 2


def test_the_ends_are_enough() -> None:
    assert layer_growth((4, 9), width=2) == layer_growth((4, 9), width=2, outputs=None)


def test_a_row_holds_what_was_measured() -> None:
    def run(n: int) -> tuple[minigrad.Tensor, minigrad.Tensor, int]:
        x = minigrad.randn(n, 2, requires_grad=True)
        y = x
        for _ in range(n):
            y = minigrad.cat([y[1:], y[:1]])
        return y, x, 0

    row = growth("shifts", run, [2, 3], ("O(n)", "O(n)", "O(n)"))
    assert (row.flops, row.depth, row.path) == ((0, 0), (4, 6), (4, 6))
    assert to_markdown([row]).split("\n")[2] == (
        "| shifts | 2, 3 | O(n) | 0, 0 | nan | O(n) | 4, 6 | 1.00 | O(n) | 4, 6 | 1.00 |"
    )


def test_lengths_from_which_nothing_can_be_fitted() -> None:
    linear = nn.Linear(2, 2)

    def run(n: int) -> tuple[minigrad.Tensor, minigrad.Tensor, int]:
        x = minigrad.randn(n, 2, requires_grad=True)
        return linear(x), x, 0

    for lengths in ([], [4], [4, 4], [0, 4]):
        with pytest.raises(ValueError, match=r"growth: lengths = .* must be positive, and two of them different"):
            growth("linear", run, lengths)
