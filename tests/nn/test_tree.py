"""What a notebook shows of a module: every part where it belongs, with counts that are right."""

import pytest

import minigrad
from minigrad import nn
from tests.markup import Element, parsed


def shown(module: nn.Module) -> Element:
    return parsed(module._repr_html_())


def lines(module: nn.Module) -> list[str]:
    """The line of each module, in their order."""
    tree = shown(module)
    return [element.text for element in tree.all("summary")]


def rows(element: Element) -> list[list[str]]:
    return [[cell.text for cell in row.all("td")] for row in element.all("tr")]


def test_the_tree_is_that_of_the_module():
    model = nn.Sequential(nn.Linear(3, 4), nn.Sequential(nn.Linear(4, 2), nn.Tanh()))
    assert lines(model) == [
        "Sequential() · 26 parameters, trainable · training mode",
        "(0) Linear(in_features=3, out_features=4, bias=True) · 16 parameters, trainable",
        "(1) Sequential() · 10 parameters, trainable",
        "(0) Linear(in_features=4, out_features=2, bias=True) · 10 parameters, trainable",
    ]
    inner = list(shown(model).all("details"))[2]
    assert rows(inner) == [["weight", "(2, 4)", "float32", "trainable"], ["bias", "(2,)", "float32", "trainable"]]
    assert "(1) Tanh()" in inner.text


def test_what_is_frozen_and_what_is_a_buffer_is_said():
    model = nn.Sequential(nn.BatchNorm1d(3), nn.Linear(3, 2)).eval()
    model[0].requires_grad_(False)
    assert [line.split(" · ", 1)[1] for line in lines(model)] == [
        "14 parameters, 8 trainable · eval mode",
        "6 parameters, frozen",
        "8 parameters, trainable",
    ]
    kinds = {row[0]: row[3] for row in rows(list(shown(model).all("details"))[1])}
    buffers = {"running_mean": "buffer", "running_var": "buffer", "num_batches_tracked": "buffer"}
    assert kinds == {"weight": "frozen", "bias": "frozen", **buffers}


def test_shared_parameters_count_once():
    layer = nn.Linear(2, 2)
    model = nn.Sequential(layer, layer)
    assert lines(model)[0].startswith("Sequential() · 6 parameters,")
    assert len(lines(model)) == 3


def test_shapes_that_are_not_known_yet_are_no_error():
    text = shown(nn.Sequential(nn.LazyLinear(2), nn.Linear(2, 2))).text
    assert "6 parameters and more whose shape is not known yet" in text
    assert "(0,)" not in text


def test_the_outermost_is_open_and_an_only_child():
    model = nn.Sequential(nn.Sequential(nn.Linear(1, 1), nn.Linear(1, 1)))
    assert ["open" in details.attributes for details in shown(model).all("details")] == [True, True, False, False]


@pytest.mark.parametrize("name", ["</script><script>alert(1)</script>", '"><img src=x>', "<b>&amp;", "half \ud800"])
def test_no_name_becomes_markup(name):
    class Named(nn.Module):
        def extra_repr(self) -> str:
            return name

    model = Named()
    model.add_module(name, nn.Linear(1, 1))
    model.register_parameter(f"{name}2", nn.Parameter(minigrad.ones(1)))
    visible = name.encode("utf-8", "backslashreplace").decode()
    assert shown(model).text.count(visible) == 3
    model._repr_html_().encode()
