"""Where a graph attends: for each head the nodes from queries and keys to weights and output, found by their roles.

Modules `note` their scores and weights, and so the recorded nodes have roles. From there the arrows lead to the rest:
what the scores were computed from, what was masked, what the weights mixed.
"""

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

from minigrad.graph.explain import Ran
from minigrad.graph.representation import Graph, Node

Found = dict[str, Any]


def attention_of(graph: Graph, ran: Mapping[int, Ran]) -> list[Found]:
    """What the page shows of each head.

    Arguments:
        graph: a graph whose nodes have roles, as recorded.
        ran: for its ops what they ran on, where that is known; otherwise numbers have the four digits of their texts.

    Returns:
        For each node with the role "weights" a dict of numbers of nodes, or None: "weights", "scores", "chain" (the ops
        between the two), "output", "q", "k", "v", "product" (q · kᵀ), "bias", "mask", and "queries" and "keys", the
        tokens that rows and columns belong to. Besides these "scale", a number; "layer" and "head", names; and
        "missing", sentences about what could not be found.
    """
    wiring = _Wiring(graph, ran)
    return [wiring.head(node) for node in graph.nodes.values() if node.kind == "op" and "weights" in _roles(node)]


def _roles(node: Node) -> list[str]:
    return node.role.split(", ")


class _Wiring:
    """The arrows of a graph, to be followed."""

    def __init__(self, graph: Graph, ran: Mapping[int, Ran]):
        self.graph = graph
        self.ran = ran
        self.sources: dict[int, dict[str, int]] = {node: {} for node in graph.nodes}
        self.users: dict[int, list[int]] = {node: [] for node in graph.nodes}
        for edge in graph.edges:
            self.sources[edge.target][edge.argument] = edge.source
            self.users[edge.source].append(edge.target)

    def head(self, weights: Node) -> Found:
        """One head, from its weights on."""
        missing = []
        chain = [weights.id, *self.back(weights.id)]
        scores = next((node for node in chain if "scores" in _roles(self.node(node))), None)
        if scores is None:
            missing.append("its scores were not noted, so what came before the weights is not shown")
            chain = chain[:1]
        else:
            chain = chain[: chain.index(scores) + 1][::-1]
        output = next((node for node in self.users[weights.id] if self.node(node).name == "matmul"), None)
        if output is None:
            missing.append("nothing was mixed by its weights")
        found = {
            "weights": weights.id,
            "scores": scores,
            "chain": chain,
            "output": output,
            "v": None if output is None else self.sources[output].get("other"),
            "mask": next((self.sources[node]["mask"] for node in chain if "mask" in self.sources[node]), None),
            **self.product(scores, missing),
            **self.names(weights.scope),
        }
        found["queries"] = self.tokens(found["q"], weights.shape, -2)
        found["keys"] = self.tokens(found["k"] or found["v"], weights.shape, -1)
        return found | {"missing": missing}

    def node(self, number: int) -> Node:
        return self.graph.nodes[number]

    def back(self, node: int) -> Iterator[int]:
        """The nodes that a node's first argument came from, the nearest first."""
        while "input" in self.sources[node]:
            node = self.sources[node]["input"]
            yield node

    def product(self, scores: int | None, missing: list[str]) -> Found:
        """How scores came of queries and keys: scaled, with something added, or neither."""
        found: Found = {"q": None, "k": None, "product": None, "scale": 1.0, "bias": None}
        if scores is None:
            return found
        for node in itertools.chain([scores], self.back(scores)):
            name, sources = self.node(node).name, self.sources[node]
            if name == "matmul":
                turned = sources["other"]
                keys = self.sources[turned].get("input") if self.node(turned).name in ("transpose", "permute") else None
                return found | {"q": sources["input"], "k": keys, "product": node}
            if name == "add" and "other" in sources and found["bias"] is None:
                found["bias"] = sources["other"]
            elif (factor := self.factor(node)) is not None:
                found["scale"] *= factor
            else:
                break
        missing.append("its scores are not products q · k, so their terms are not shown")
        return found | {"scale": 1.0, "bias": None}

    def factor(self, node: int) -> float | None:
        """The plain number that an op multiplies by, if that is all it does."""
        name, call = self.node(node).name, self.node(node).call
        if name not in ("mul", "div") or not call.startswith(f"{name}(·, "):
            return None
        number = float(self.ran[node].arrays[1] if node in self.ran else call[len(name) + 4 : -1])
        return number if name == "mul" else 1 / number

    def names(self, scope: int | None) -> Found:
        """The module's path, and the part of it."""
        path: list[str] = []
        head = ""
        while scope is not None:
            own = self.graph.scopes[scope]
            if own.module or path:
                path.append(own.name)
            else:
                head = f"{own.name} {head}".strip()
            scope = own.parent
        return {"layer": ".".join(filter(None, reversed(path))), "head": head}

    def tokens(self, node: int | None, weights: Any, axis: int) -> int | None:
        """The node of the integers that were looked up for the rows of a matrix, if there are as many of them.

        Rows of a product are those of its first factor: so the tokens of the queries are found also behind layers that
        looked at other tokens.
        """
        seen = {node}
        waiting = [node] if node is not None else []
        for here in waiting:  # which grows meanwhile
            sources = self.sources[here]
            looked_up = sources.get("indices")
            if looked_up is not None and self.node(here).name == "embedding":
                shape = self.node(looked_up).shape
                if shape and weights is not None and shape[-1] == weights[axis]:
                    return looked_up
            firm = self.node(here).name in ("matmul", "linear", "layer_norm")
            for argument, source in sources.items():
                if source not in seen and (argument == "input" or not firm):
                    seen.add(source)
                    waiting.append(source)
        return None


def checked_tokens(tokens: Any) -> Any:
    """The texts of token ids, as the page reads them: a list, or a dict of lists by the names of inputs.

    Raises:
        ValueError: for something else, such as a single text.

    >>> checked_tokens(("<pad>", "a"))
    ['<pad>', 'a']
    """
    if isinstance(tokens, Mapping):
        return {str(name): checked_tokens(texts) for name, texts in tokens.items()}
    if isinstance(tokens, str) or not all(isinstance(text, str) for text in tokens or ()):
        raise ValueError(f"explore: tokens is {tokens!r:.60}; it must be a list of texts, one for each token id")
    return list(tokens or ())


def checked_decoding(decoding: Any) -> list[Found]:
    """Steps of decoding as the page reads them.

    Arguments:
        decoding: for each step a dict with "tokens", the texts so far; "probabilities", a dict from what may come next
            to its probability; and "attention", a list of dicts with "label", "keys" (texts) and "row" (a weight for
            each key). The last two may be missing.

    Returns:
        The same as plain lists and numbers, with the ten largest probabilities of each step.

    Raises:
        ValueError: for a step that is not as described, by its number.

    >>> checked_decoding([{"tokens": ["<bos>"], "probabilities": {"a": 0.25, "b": 0.75}}])
    [{'tokens': ['<bos>'], 'probabilities': [['b', 0.75], ['a', 0.25]], 'attention': []}]
    """
    return [_step(i, step) for i, step in enumerate(decoding or ())]


def _step(i: int, step: Any) -> Found:
    try:
        likely = sorted(
            ((str(text), _short(p)) for text, p in dict(step.get("probabilities", {})).items()), key=_second
        )
        rows = [
            {
                "label": str(head.get("label", "")),
                "keys": [str(key) for key in head["keys"]],
                "row": [_short(w) for w in head["row"]],
            }
            for head in step.get("attention", ())
        ]
        tokens = [str(token) for token in step["tokens"]]
    except (AttributeError, KeyError, TypeError, ValueError):
        raise ValueError(
            f"explore: decoding[{i}] is {step!r:.60}; it must be a dict with 'tokens', a list of texts, and may have "
            "'probabilities', a dict of numbers, and 'attention', a list of dicts with 'label', 'keys' and 'row'"
        ) from None
    for head in rows:
        if len(head["keys"]) != len(head["row"]):
            raise ValueError(
                f"explore: decoding[{i}]: the attention {head['label']!r} has {len(head['row'])} weights for "
                f"{len(head['keys'])} keys; there must be as many"
            )
    return {"tokens": tokens, "probabilities": [list(pair) for pair in likely[:10]], "attention": rows}


def _short(x: Any) -> float:
    """A number to six digits, which is more than anybody sees of it."""
    return float(f"{float(x):.6g}")


def _second(pair: tuple[str, float]) -> float:
    return -pair[1]
