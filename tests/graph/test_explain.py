"""How a gradient came about, as `explain` tells it, against what the engine did."""

import numpy as np
import pytest

import minigrad
from minigrad import graph, nn
from minigrad.graph.explain import factors_of
from tests.ops.case import Case
from tests.ops.cases import CASES


def small(case: Case) -> bool:
    return all(0 < x.size <= 40 for x in case.inputs)


@pytest.mark.parametrize("case", [case for case in CASES if small(case)], ids=lambda case: case.name)
def test_terms_add_up_to_what_each_rule_handed_on(case):
    """Of every op that runs for a case: one entry of each contribution is g, entry by entry, times the factors."""
    rng = np.random.default_rng(0)
    with graph.record() as g, np.errstate(all="ignore"):
        outputs = [y for y in case.call(minigrad, case.tensors()) if y.requires_grad]
        if not outputs:
            return
        sum((y * minigrad.tensor(rng.standard_normal(y.shape)).to(y.dtype)).sum() for y in outputs).backward()
    for step in g.backward:
        g_of_op = g.nodes[step.node].gradient.array
        for contribution in step.contributions:
            value = contribution.value.array
            if value.size == 0 or not np.isfinite(value).all():
                continue
            place = tuple(int(rng.integers(n)) for n in value.shape)
            factors = factors_of(g.ran[step.node], contribution.argument, place)
            assert factors.shape == g_of_op.shape
            np.testing.assert_allclose((factors * g_of_op).sum(), value[place], rtol=1e-5, atol=1e-9)


def recorded_expression():
    a = minigrad.tensor(3.0, requires_grad=True)
    with graph.record() as g:
        b = a + a
        c = b + b
        c.backward()
    return g, {"a": a, "b": b, "c": c}


def test_every_path_is_a_part():
    g, names = recorded_expression()
    found = g.explain(names["a"])
    assert found.gradient == 4
    assert [part.value.item() for part in found.contributions] == [2, 2]
    assert found.number_of_paths == 4
    ops = [g.nodes[op].result for op in found.paths[0].ops]
    assert ops == ["c", "b"]
    assert [part.value.item() for part in found.paths] == [1, 1, 1, 1]


def test_the_text_of_a_scalar():
    g, names = recorded_expression()
    lines = str(g.explain(names["a"])).splitlines()
    assert lines[0] == "gradient of a, shape (): 4"
    assert "     rule of y = add(a, b): gradient of a = g" in lines
    assert any(line.startswith("     ran at test_explain.py:") and line.endswith(": b = a + a") for line in lines)
    assert "  together: 2 + 2 = 4" in lines
    assert lines.count("     1  along c = add → b = add → a") == 4


def test_where_the_pass_began_that_is_told():
    g, names = recorded_expression()
    assert "  the backward pass began here, with 1" in str(g.explain(names["c"])).splitlines()


def network():
    minigrad.manual_seed(0)
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    x = minigrad.randn(5, 3)
    with graph.record() as g:
        h = net(x)
        loss = nn.functional.cross_entropy(h + h * net[0].weight.sum(), minigrad.tensor([0, 1, 1, 0, 1]))
        loss.backward()
    return g, net


def test_contributions_and_paths_add_up_to_the_gradient_of_a_network():
    g, net = network()
    for p in net.parameters():
        found = g.explain(p)
        np.testing.assert_array_equal(found.gradient, p.grad.numpy())
        for parts in (found.contributions, found.paths):
            np.testing.assert_allclose(sum(part.value for part in parts), p.grad.numpy(), rtol=1e-5, atol=1e-7)
    assert g.explain(net[0].weight).number_of_paths == 3


def test_an_entry_is_asked_for_as_one_would_write_it():
    g, net = network()
    weight = net[0].weight
    found = g.explain(weight[2, -1])
    assert found.entry == (2, 2)
    assert found.gradient == weight.grad[2, 2].item()
    assert str(found) == str(g.explain(weight, (2, 2))) == str(g.explain("0.weight", [-2, 2]))
    for part, terms in zip(found.contributions, found.terms, strict=True):
        assert sum(term.value for term in terms) == pytest.approx(part.value.item(), rel=1e-4)
        sizes = [abs(term.value) for term in terms]
        assert sizes == sorted(sizes, reverse=True)


def test_sums_over_broadcast_dimensions_are_told():
    x, bias = minigrad.randn(5, 3), minigrad.zeros(3, requires_grad=True)
    with graph.record() as g:
        (x + bias).exp().sum().backward()
    assert "     summed from shape (5, 3), as the input was broadcast" in str(g.explain(bias)).splitlines()
    assert len(g.explain(bias[0]).terms[0]) == 5


def test_more_terms_than_are_shown_are_summed():
    x, w = minigrad.ones(30, 2), minigrad.zeros(2, requires_grad=True)
    with graph.record() as g:
        (x * w).sum().backward()
    assert "     and 22 smaller ones, which add 22" in str(g.explain(w[0])).splitlines()


def test_many_paths_are_counted_and_not_followed():
    x = minigrad.tensor(1.0, requires_grad=True)
    with graph.record() as g:
        y = x
        for _ in range(20):
            y = y + y
        y.backward()
    found = g.explain(x)
    assert found.number_of_paths == 2**20
    assert found.paths == ()
    assert "  1,048,576 paths lead here from where the backward pass began" in str(found).splitlines()


def test_a_chain_of_thousands_of_ops_is_no_recursion():
    x = minigrad.tensor(1.0, requires_grad=True)
    with graph.record() as g:
        y = x
        for _ in range(3000):
            y = y * 1.0
        y.backward()
    assert len(g.explain(x).contributions) == 1


def test_what_cannot_be_explained_is_refused_with_the_reason():
    x, still = minigrad.ones(2, requires_grad=True), minigrad.ones(2)
    with graph.record() as g:
        y = (x * still).detach()
        z = x * 2 + y
        z.sum().backward()
    with pytest.raises(RuntimeError, match="still of shape \\(2,\\) does not want a gradient"):
        g.explain("still")
    with pytest.raises(RuntimeError, match=r"(y|detach) of shape"):
        g.explain(y)
    with pytest.raises(IndexError, match=r"x of shape \(2,\) has no entry \(2,\)"):
        g.explain(x, (2,))
    with pytest.raises(KeyError, match="neither recorded nor one entry"):
        g.explain(x[:1])
    with graph.record() as forward_only:
        x * 2
    with pytest.raises(RuntimeError, match="there was no backward pass yet"):
        forward_only.explain(x)
