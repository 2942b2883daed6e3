"""Folding and collapsing: what they merge, and what they must not."""

from collections.abc import Callable

import pytest

import minigrad
from minigrad import Tensor, nn
from minigrad.autograd.watching import Watcher
from minigrad.graph import Graph, collapse, fold, hide, read


class Block(nn.Module):
    def __init__(self, hidden: int = 4, act: Callable[[Tensor], Tensor] = minigrad.relu) -> None:
        super().__init__()
        self.up = nn.Linear(3, hidden)
        self.down = nn.Linear(hidden, 3)
        self.act = act

    def forward(self, x: Tensor, *more: Tensor) -> Tensor:
        return sum(more, x + self.down(self.act(self.up(x))))


class Twin(Block):
    pass


class Chain(nn.Module):
    def __init__(self, *blocks: nn.Module) -> None:
        super().__init__()
        self.layers = nn.ModuleList(blocks)

    def forward(self, x: Tensor, *more: Tensor) -> Tensor:
        for layer in self.layers:
            x = layer(x, *more)
        return x


def labels(graph: Graph) -> list[str]:
    return [scope.label for scope in graph.scopes.values()]


def ops(graph: Graph) -> list[str]:
    return [node.name for node in graph.nodes.values() if node.kind == "op"]


def wires(graph: Graph) -> list[tuple[str, str]]:
    return [(graph.nodes[edge.source].name, graph.nodes[edge.target].name) for edge in graph.edges]


def run(net: nn.Module, *more: Tensor) -> Graph:
    return read(net(minigrad.ones(2, 3), *more))


def test_blocks_that_repeat_each_other_are_drawn_once() -> None:
    graph = fold(run(Chain(*(Block() for _ in range(4)))))
    assert labels(graph) == ["Chain", "layers.0 … layers.3 · Block × 4", "up · Linear", "down · Linear"]
    assert ops(graph) == ["linear", "relu", "linear", "add"]
    assert ("add", "output") in wires(graph)
    assert {edge.source for edge in graph.edges} | {edge.target for edge in graph.edges} == set(graph.nodes)


def test_the_same_module_called_again_is_a_repeat_too() -> None:
    block = Block()
    net = Chain(block)

    def forward(x: Tensor) -> Tensor:
        for _ in range(3):
            x = block(x)
        return x

    net.forward = forward  # type: ignore[method-assign]
    assert "layers.0 · Block × 3" in labels(fold(run(net)))


@pytest.mark.parametrize(
    "blocks",
    [
        lambda: [Block(), Twin()],  # another class
        lambda: [Block(4), Block(5)],  # other shapes
        lambda: [Block(), Block(act=minigrad.tanh)],  # other ops
        lambda: [Block(act=lambda x: x * 2.0), Block(act=lambda x: x * 3.0)],  # other numbers
        lambda: [Block(act=lambda x: x - minigrad.exp(x)), Block(act=lambda x: minigrad.exp(x) - x)],  # other order
        lambda: [Block(act=lambda x: (y := x.exp()) + y.exp()), Block(act=lambda x: x.exp() + x.exp())],  # other wiring
    ],
)  # fmt: skip
def test_blocks_that_differ_are_not_folded(blocks: Callable[[], list[nn.Module]]) -> None:
    graph = run(Chain(*blocks()))
    assert fold(graph) == graph


def test_equal_blocks_side_by_side_are_no_repeats() -> None:
    class Parallel(Chain):
        def forward(self, x: Tensor) -> Tensor:
            return self.layers[0](x) + self.layers[1](x)

    graph = run(Parallel(Block(), Block()))
    assert fold(graph) == graph


def test_repeats_share_what_all_of_them_are_given() -> None:
    memory = minigrad.ones(2, 3, requires_grad=True)
    graph = fold(run(Chain(Block(), Block(), Block()), memory))
    assert "layers.0 … layers.2 · Block × 3" in labels(graph)


def test_blocks_given_different_things_are_not_folded() -> None:
    class Given(Chain):
        def forward(self, x: Tensor) -> Tensor:
            return self.layers[1](self.layers[0](x, first), second)

    first, second = (minigrad.ones(2, 3, requires_grad=True) for _ in range(2))
    graph = run(Given(Block(), Block()))
    assert fold(graph) == graph


def test_a_block_whose_result_is_also_used_elsewhere_is_not_folded_away() -> None:
    class Skip(Chain):
        def forward(self, x: Tensor) -> Tensor:
            results = [x]
            for layer in self.layers:
                results.append(layer(results[-1]))
            return results[-1] * results[2]

    graph = fold(run(Skip(*(Block() for _ in range(5)))))
    assert labels(graph)[1::3] == ["layers.0 … layers.1 · Block × 2", "layers.2 … layers.4 · Block × 3"]


def test_blocks_that_all_give_something_more_are_folded() -> None:
    class Collect(Chain):
        def forward(self, x: Tensor) -> list[Tensor]:
            results = [x]
            for layer in self.layers:
                results.append(layer(results[-1]))
            return results[1:]

    graph = fold(run(Collect(*(Block() for _ in range(3)))))
    assert labels(graph)[1] == "layers.0 … layers.2 · Block × 3"
    assert [target for _, target in wires(graph)[-3:]] == ["output[0]", "output[1]", "output[2]"]


class Pair(nn.Module):
    def forward(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        return x.tanh(), y.tanh()


def test_a_row_ends_where_the_wires_between_blocks_change() -> None:
    class Crossed(Chain):
        def forward(self, x: Tensor) -> list[Tensor]:
            x, y = self.layers[1](*self.layers[0](x * 2, x * 3))
            return list(self.layers[2](y, x))

    graph = fold(read(Crossed(Pair(), Pair(), Pair())(minigrad.ones(2, requires_grad=True))))
    assert labels(graph) == ["Crossed", "layers.0 … layers.1 · Pair × 2", "layers.2 · Pair"]


def test_a_last_block_that_gives_more_than_the_others_stands_alone() -> None:
    class Inside(nn.Module):
        def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
            hidden = x.tanh()
            return x + hidden, hidden

    class Last(Chain):
        def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
            for layer in self.layers:
                x, hidden = layer(x)
            return x, hidden

    graph = fold(read(Last(Inside(), Inside(), Inside())(minigrad.ones(2, requires_grad=True))))
    assert labels(graph) == ["Last", "layers.0 … layers.1 · Inside × 2", "layers.2 · Inside"]


def test_repeats_inside_repeats_are_folded() -> None:
    graph = fold(run(Chain(*(Chain(Block(), Block()) for _ in range(3)))))
    assert labels(graph)[:3] == ["Chain", "layers.0 … layers.2 · Chain × 3", "layers.0 … layers.1 · Block × 2"]
    assert graph.ops_inside()[0] == 3 * 2 * 4


@pytest.mark.parametrize(
    ("depth", "clusters", "boxes"),
    [
        (0, [], ["Chain"]),
        (1, ["Chain"], ["layers.0 · Block", "layers.1 · Block"]),
        (2, ["Chain", "layers.0 · Block", "layers.1 · Block"], ["up · Linear", "down · Linear"] * 2),
    ],
)
def test_modules_below_the_depth_are_a_box_each(depth: int, clusters: list[str], boxes: list[str]) -> None:
    graph = collapse(run(Chain(Block(), Block(act=minigrad.tanh))), depth)
    assert labels(graph) == clusters
    assert [node.name for node in graph.nodes.values() if node.kind == "module"] == boxes


def test_a_module_of_one_op_is_a_box_at_any_depth_unless_it_is_outermost() -> None:
    graph = run(Chain(Block(), Block(act=minigrad.tanh)))
    assert collapse(graph, 9) == collapse(graph, 2)
    assert labels(collapse(run(nn.Linear(3, 3)), 1)) == ["Linear"]


def test_a_closed_module_counts_the_ops_of_all_repeats_inside() -> None:
    graph = fold(run(Chain(*(Block() for _ in range(4)))))
    boxes = [[n.ops for n in collapse(graph, depth).nodes.values() if n.kind == "module"] for depth in (0, 1)]
    assert boxes == [[16], [4]]


def test_a_closed_module_with_several_results_has_no_shape_of_its_own() -> None:
    x = minigrad.ones(2, requires_grad=True)
    graph = collapse(read(Pair()(x, x)), 0)
    assert [node.shape for node in graph.nodes.values() if node.kind == "module"] == [None]


def test_a_closed_module_has_the_shape_of_its_result_and_its_arrows() -> None:
    graph = collapse(run(Chain(Block(), Block(act=minigrad.tanh))), 1)
    first, second = (node for node in graph.nodes.values() if node.kind == "module")
    assert (first.shape, first.dtype, first.ops) == ((2, 3), "float32", 4)
    assert wires(graph) == [("input", first.name), (first.name, second.name), (second.name, "output")]
    assert [edge.shape for edge in graph.edges] == [(2, 3)] * 3


def test_several_tensors_of_a_shape_between_two_boxes_are_one_arrow() -> None:
    class Two(nn.Module):
        def forward(self, x: Tensor) -> list[Tensor]:
            return [x * 2, x.exp(), x.exp()]

    class Sum(nn.Module):
        def forward(self, parts: list[Tensor]) -> Tensor:
            return parts[0] + parts[1] + parts[2].sum()

    graph = collapse(read(Sum()(Two()(minigrad.ones(2, requires_grad=True)))), 0)
    assert [(edge.shape, edge.tensors) for edge in graph.edges] == [((2,), 1), ((2,), 3), ((2,), 1)]


def test_depth_none_opens_everything() -> None:
    graph = run(Chain(Block()))
    assert collapse(graph, None) is graph


def test_hiding_leaves_no_loose_arrows() -> None:
    graph = hide(run(Chain(Block())), {"parameter"})
    assert not any(node.kind == "parameter" for node in graph.nodes.values())
    assert all(edge.source in graph.nodes and edge.target in graph.nodes for edge in graph.edges)
    assert len(graph.edges) == 6


@pytest.mark.parametrize("layer", [nn.RNN, nn.GRU, nn.LSTM])
def test_time_steps_are_rolled_up(layer: type[nn.Module]) -> None:
    with Watcher():  # else there is one op
        output = layer(3, 4)(minigrad.randn(6, 2, 3))
    graph = read(output)
    rolled = fold(graph)
    (step,) = [scope for scope in rolled.scopes.values() if scope.name.startswith("step")]
    assert step.label == "step 0 … step 5 × 6"
    steps = [scope.name for scope in graph.scopes.values() if scope.name.startswith("step")]
    assert steps == [f"step {t}" for t in range(6)]
    joined = [edge.tensors for edge in rolled.edges if rolled.nodes[edge.target].name == "cat"]
    assert 6 in joined  # the states of all steps, as one arrow
