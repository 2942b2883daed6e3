"""The page finds the terms of every entry of every gradient, whatever the op: one page with a call of each."""

from typing import Any

import numpy as np

import minigrad
from minigrad import graph
from tests.browser.conftest import Explored
from tests.browser.test_panels import TERMS
from tests.ops.case import Case
from tests.ops.cases import CASES


def size(case: Case) -> int:
    return sum(x.size for x in case.inputs)


def one_of_each() -> list[Case]:
    """For each function the largest of its cases that is still small."""
    found: dict[str, Case] = {}
    for case in CASES:
        name = case.name.replace(",", " ").split(" ")[0]
        if case.smooth and size(case) < 150 and (name not in found or size(case) > size(found[name])):
            found[name] = case
    return list(found.values())


def parts(case: Case) -> list[Any]:
    """Scalars that a case's outputs are summed to, with weights that tell entries apart."""
    with np.errstate(all="ignore"):
        outputs = [y for y in case.call(minigrad, case.tensors(np.float32)) if y.requires_grad and y.numel()]
    finite = [y for y in outputs if np.isfinite(y.detach().numpy()).all()]
    return [(y * minigrad.linspace(-1, 1.3, y.numel()).reshape(y.shape).to(y.dtype)).sum().float() for y in finite]


def test_the_terms_of_every_op_add_up(visit, tmp_path):
    scalars = [part for case in one_of_each() for part in parts(case)]
    loss = minigrad.stack(scalars).sum()
    graph.explore(loss, tmp_path / "page.html")
    page = visit(Explored(tmp_path / "page.html", {}, 0))
    found = page.evaluate(TERMS)
    assert found["wrong"] == []
    assert found["unknown"] == []
    assert page.evaluate("new Set(app.backward.map(({ node }) => app.node(node).name)).size") > 100
