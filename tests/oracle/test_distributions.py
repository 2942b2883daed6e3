"""Distributions: log-probabilities, entropies, moments, divergences and their gradients, as PyTorch's."""

import re

import numpy as np
import pytest

import minigrad
from tests.oracle.comparing import assert_same

torch = pytest.importorskip("torch", reason="PyTorch, to compare with, is not installed")

r = np.random.default_rng(0)
REAL, POSITIVE = r.standard_normal((3, 4)), r.random((3, 4)) + 0.5
CHANCE, WEIGHTS = r.random((3, 4)) * 0.9 + 0.05, r.random((3, 4))
LOWER = np.tril(r.standard_normal((3, 4, 4)), -1) + np.eye(4) * (r.random((3, 4, 1)) + 0.5)
SPREAD = LOWER @ LOWER.swapaxes(-1, -2)
YES = r.integers(0, 2, (2, 3, 4)).astype(float)
ONE_HOT = np.eye(4)[r.integers(0, 4, (2, 3))]

# name, parameters, those of a second one to compare with, values
CASES = [
    ("Normal", {"loc": REAL, "scale": POSITIVE}, {"loc": REAL + 1, "scale": POSITIVE * 2}, REAL * 2),
    ("Normal", {"loc": 0.5, "scale": POSITIVE}, {"loc": REAL, "scale": 2.0}, REAL[0]),
    ("LogNormal", {"loc": REAL, "scale": POSITIVE}, {"loc": REAL + 1, "scale": POSITIVE * 2}, POSITIVE),
    ("Uniform", {"low": REAL, "high": REAL + POSITIVE}, {"low": REAL - 0.1, "high": REAL + 9}, REAL + POSITIVE / 2),
    ("Uniform", {"low": REAL, "high": REAL + POSITIVE}, {"low": REAL + 0.1, "high": REAL + 9}, REAL),
    ("Uniform", {"low": REAL, "high": REAL + POSITIVE}, {"low": REAL, "high": REAL + 9}, REAL + POSITIVE),
    ("Exponential", {"rate": POSITIVE}, {"rate": POSITIVE * 3}, POSITIVE),
    ("Laplace", {"loc": REAL, "scale": POSITIVE}, {"loc": REAL + 1, "scale": POSITIVE * 2}, REAL * 2),
    ("Gumbel", {"loc": REAL, "scale": POSITIVE}, None, REAL * 2),
    ("Bernoulli", {"probs": CHANCE}, {"probs": CHANCE[::-1].copy()}, YES),
    ("Bernoulli", {"logits": REAL}, {"logits": REAL * 2}, YES),
    ("Geometric", {"probs": CHANCE}, {"probs": CHANCE[::-1].copy()}, np.floor(POSITIVE * 3)),
    ("Geometric", {"logits": REAL}, {"logits": REAL * 2}, np.floor(POSITIVE * 3)),
    ("Categorical", {"probs": WEIGHTS}, {"probs": WEIGHTS[::-1].copy()}, r.integers(0, 4, (2, 3))),
    ("Categorical", {"logits": REAL}, {"logits": REAL * 2}, r.integers(0, 4, 3)),
    ("OneHotCategorical", {"probs": WEIGHTS}, {"probs": WEIGHTS[::-1].copy()}, ONE_HOT),
    ("OneHotCategorical", {"logits": REAL}, {"logits": REAL * 2}, ONE_HOT),
    ("MultivariateNormal", {"loc": REAL, "scale_tril": LOWER}, {"loc": REAL + 1, "scale_tril": LOWER * 2}, REAL * 2),
    ("MultivariateNormal", {"loc": REAL[0], "covariance_matrix": SPREAD}, {"loc": REAL, "scale_tril": LOWER * 2}, REAL),
    ("MultivariateNormal", {"loc": REAL, "precision_matrix": SPREAD[0]}, {"loc": REAL, "scale_tril": LOWER}, REAL),
]
IDS = [f"{name}-{'-'.join(parameters)}-{i}" for i, (name, parameters, _, _) in enumerate(CASES)]


def made(library, name, parameters):
    """A distribution, and the tensors among its parameters, which want gradients."""
    tensors = {
        key: library.tensor(x, requires_grad=True) if isinstance(x, np.ndarray) else x for key, x in parameters.items()
    }
    wanting = [x for x in tensors.values() if not isinstance(x, float)]
    return getattr(library.distributions, name)(**tensors), wanting


def with_slopes(library, result, wanting):
    """A result, and the gradients of its sum."""
    if not result.requires_grad:
        return [result]
    finite = library.where(result.isfinite(), result, library.zeros_like(result))
    return [result, *library.autograd.grad(finite.sum(), wanting, allow_unused=True)]


def check(compute, atol=1e-9):
    for ours, theirs in zip(compute(minigrad), compute(torch), strict=True):
        assert_same(ours, theirs, rtol=1e-7, atol=atol)


@pytest.mark.parametrize(("name", "parameters", "others", "values"), CASES, ids=IDS)
class TestOneAndAnother:
    def test_log_prob(self, name, parameters, others, values):
        def compute(library):
            distribution, wanting = made(library, name, parameters)
            return with_slopes(library, distribution.log_prob(library.tensor(values)), wanting)

        with np.errstate(divide="ignore"):
            check(compute)

    def test_entropy(self, name, parameters, others, values):
        def compute(library):
            distribution, wanting = made(library, name, parameters)
            return with_slopes(library, distribution.entropy(), wanting)

        check(compute)

    @pytest.mark.parametrize("moment", ["mean", "variance", "stddev"])
    def test_moments(self, name, parameters, others, values, moment):
        check(lambda library: [getattr(made(library, name, parameters)[0], moment)])

    def test_divergence(self, name, parameters, others, values):
        def compute(library):
            p, wanting = made(library, name, parameters)
            q, more = made(library, name, others)
            return with_slopes(library, library.distributions.kl_divergence(p, q), wanting + more)

        if others is not None:
            check(compute)

    def test_shapes_and_expand(self, name, parameters, others, values):
        ours, theirs = made(minigrad, name, parameters)[0], made(torch, name, parameters)[0]
        if name not in ("LogNormal", "OneHotCategorical"):  # of which PyTorch shows nothing
            assert str(ours) == re.sub(r"torch.Size\(\[([\d, ]+)\]\)", r"(\1)", str(theirs)).replace("(4)", "(4,)")
        assert ours.batch_shape == tuple(theirs.batch_shape)
        assert ours.event_shape == tuple(theirs.event_shape)
        assert ours.has_rsample == theirs.has_rsample
        for shape in ((), (5,), (2, 1)):
            drawn = ours.sample(shape)
            assert drawn.shape == tuple(theirs.sample(shape).shape)
            assert drawn.dtype == np.dtype(str(theirs.sample().dtype).removeprefix("torch."))
            assert not drawn.requires_grad
            assert ours.log_prob(drawn).isfinite().all()
        larger = (2, *ours.batch_shape)
        assert ours.expand(larger).sample().shape == tuple(theirs.expand(larger).sample().shape)

    def test_together(self, name, parameters, others, values):
        def compute(library):
            p, wanting = made(library, name, parameters)
            p = library.distributions.Independent(p, len(p.batch_shape))
            shape = np.broadcast_shapes(np.shape(values), tuple(p.event_shape))
            value = library.tensor(np.array(np.broadcast_to(values, shape)))
            return [*with_slopes(library, p.log_prob(value), wanting), p.entropy(), p.mean, p.variance]

        with np.errstate(divide="ignore"):
            check(compute)


def test_numbers_alone():
    for name, given in [("Normal", (0.0, 2.0)), ("Uniform", (1, 3)), ("Exponential", (2.0,)), ("Bernoulli", (0.3,))]:
        ours = getattr(minigrad.distributions, name)(*given)
        theirs = getattr(torch.distributions, name)(*given)
        assert_same(ours.mean, theirs.mean)
        assert_same(ours.log_prob(minigrad.tensor(1.0)), theirs.log_prob(torch.tensor(1.0)))
        assert str(ours) == str(theirs).partition(", logits")[0].removesuffix(")") + ")"


def test_chances_of_zero_and_one():
    def compute(library):
        made_by = library.distributions
        p = made_by.Bernoulli(library.tensor([0.0, 1.0, 0.5]))
        q = made_by.Bernoulli(library.tensor([0.5, 0.5, 0.0]))
        c = made_by.Categorical(library.tensor([0.0, 1.0, 1.0]))
        d = made_by.Categorical(library.tensor([1.0, 1.0, 0.0]))
        sure = made_by.Categorical(logits=library.tensor([0.0, -float("inf")]))
        divergences = [made_by.kl_divergence(p, q), made_by.kl_divergence(q, p), made_by.kl_divergence(c, d)]
        return [*divergences, *(x.entropy() for x in (p, c, sure)), p.logits, c.logits, c.mode, c.enumerate_support()]

    check(compute, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "parameters", "value"),
    [
        ("Normal", (0.0, 0.0), None),
        ("Normal", (0.0, 1.0), float("nan")),
        ("Uniform", (1.0, 1.0), None),
        ("Uniform", (0.0, 1.0), 1.5),
        ("Exponential", (-1.0,), None),
        ("Exponential", (1.0,), -1.0),
        ("Bernoulli", (1.5,), None),
        ("Bernoulli", (0.5,), 0.5),
        ("Categorical", ([0.7, -0.2],), None),
        ("Categorical", ([0.5, 0.5],), 2.0),
        ("OneHotCategorical", ([0.5, 0.5],), [1.0, 1.0]),
    ],
)
def test_what_cannot_be_is_refused(name, parameters, value):
    for library in (minigrad, torch):
        tensors = [library.tensor(x) for x in parameters]
        cls = getattr(library.distributions, name)
        if value is None:
            with pytest.raises(ValueError, match=name):
                cls(*tensors)
            cls(*tensors, validate_args=False)
        else:
            distribution = cls(*tensors)
            with pytest.raises(ValueError, match="value"):
                distribution.log_prob(library.tensor(value))
