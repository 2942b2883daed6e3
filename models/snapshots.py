"""What is kept of a model at each evaluation, so that a report can show how it came to be: what it says to a few
sequences, where it looks, and how large its gradients and its steps are, layer by layer.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from minigrad import Tensor, nn
from models.decoding import greedy_decode, symbols_of
from models.model import SequenceModel
from models.tasks import Symbols, answer, make_batch, name

Snapshot = dict[str, Any]  # one line of snapshots.jsonl
DIGITS = 3  # of the weights that are kept


def snapshot(
    model: SequenceModel, task: str, samples: Sequence[Symbols], step: int, sizes: Mapping[str, Any]
) -> Snapshot:
    """Look at a model. Nothing of it is changed.

    Arguments:
        model: the model.
        task: "copy" or "reverse".
        samples: sequences to ask it; of the first all attention weights are kept.
        step: how many steps it was trained for.
        sizes: of the last of them; see `layer_sizes`.

    Returns:
        A dict of "step"; "said", what the model says to each sample; "attention", for each attention module by name
        the weights, [heads][queries][keys], while it is given the right answer; and "sizes".
    """
    was_training = model.training
    model.eval()
    said = [
        list(symbols_of(greedy_decode(model, make_batch(task, [sample]).source, len(sample) + 1).tolist()[0]))
        for sample in samples
    ]
    batch = make_batch(task, list(samples[:1]))
    maps = model.attention_maps(batch.source, batch.target_in)
    model.train(was_training)
    attention = {
        module: np.round(weights.numpy()[0].astype(float), DIGITS).tolist() for module, weights in maps.items()
    }
    return {"step": step, "said": said, "attention": attention, "sizes": dict(sizes)}


def asked(task: str, samples: Sequence[Symbols]) -> dict[str, Any]:
    """What does not change while a model learns: the samples with their answers, and what stands beside the maps.

    >>> asked("reverse", [(1, 2)])["labels"]
    {'reads': ['1', '2', 'EOS'], 'hears': ['BOS', '2', '1'], 'says': ['2', '1', 'EOS']}
    """
    batch = make_batch(task, list(samples[:1]))
    texts = {"reads": batch.source, "hears": batch.target_in, "says": batch.target_out}
    return {
        "samples": [{"asked": list(sample), "answer": list(answer(task, sample))} for sample in samples],
        "labels": {what: [name(token) for token in tokens.tolist()[0]] for what, tokens in texts.items()},
    }


def layer_of(parameter: str) -> str:
    """The layer that a parameter belongs to.

    >>> [layer_of(p) for p in ("encoder.layers.0.self_attn.in_proj_weight", "decoder.rnn.weight_hh_l1", "output.bias")]
    ['encoder.layers.0', 'decoder.rnn', 'output']
    """
    within_stack = re.match(r"\w+\.layers\.\d+", parameter)
    return within_stack[0] if within_stack else ".".join(parameter.split(".")[:-1][:2])


def norms(tensors: Mapping[str, Any]) -> dict[str, float]:
    """The norm of all of a layer's tensors together, by layer.

    Arguments:
        tensors: by the names of parameters; None counts nothing.

    >>> import minigrad
    >>> norms({"output.weight": minigrad.tensor([3.0]), "output.bias": minigrad.tensor([4.0])})
    {'output': 5.0}
    """
    squares: dict[str, float] = {}
    for parameter, tensor in tensors.items():
        x = np.zeros(1) if tensor is None else tensor.detach().numpy().astype(float)
        squares[layer_of(parameter)] = squares.get(layer_of(parameter), 0.0) + float(np.vdot(x, x))
    return {layer: square**0.5 for layer, square in squares.items()}


class StepSizes:
    """How large the gradients of a step are, and how far it moves the weights; told before and after the step.

    Arguments:
        model: whose gradients are there, and whose step comes.
    """

    def __init__(self, model: nn.Module):
        self.model = model
        self.gradients = norms({name: p.grad for name, p in model.named_parameters()})
        self.before: dict[str, Tensor] = {name: p.detach().clone() for name, p in model.named_parameters()}

    def after(self) -> dict[str, dict[str, float]]:
        """For each layer "gradient", the norm of its gradient, and "update", how far its weights moved, by their norm.

        Returns:
            By layer. An update is NaN-free: weights that are all 0 count as 1.
        """
        moved = norms({name: p.detach() - self.before[name] for name, p in self.model.named_parameters()})
        weights = norms(self.before)
        return {
            layer: {"gradient": self.gradients[layer], "update": moved[layer] / (weights[layer] or 1.0)}
            for layer in moved
        }
