"""Whether what is drawn follows the law that is stated, and gradients flow where they can."""

import numpy as np
import pytest

import minigrad
from minigrad.distributions import (
    Bernoulli,
    Categorical,
    Distribution,
    Exponential,
    Geometric,
    Gumbel,
    Independent,
    Laplace,
    LogNormal,
    MultivariateNormal,
    Normal,
    OneHotCategorical,
    Uniform,
    kl_divergence,
    register_kl,
)

EACH = [
    Normal(1.0, 2.0),
    LogNormal(0.5, 0.3),
    Uniform(-1.0, 3.0),
    Exponential(2.0),
    Laplace(1.0, 0.5),
    Gumbel(1.0, 0.5),
    Bernoulli(0.3),
    Geometric(0.4),
    OneHotCategorical(minigrad.tensor([1.0, 2.0, 5.0])),
    MultivariateNormal(minigrad.tensor([1.0, -1.0]), minigrad.tensor([[2.0, 0.6], [0.6, 0.5]])),
    Independent(Normal(minigrad.tensor([0.0, 3.0]), minigrad.tensor([1.0, 2.0])), 1),
]
IDS = [type(d).__name__ for d in EACH]


@pytest.mark.parametrize("distribution", EACH, ids=IDS)
def test_samples_have_the_moments_that_are_stated(distribution):
    minigrad.manual_seed(0)
    for draw in (distribution.sample, distribution.rsample) if distribution.has_rsample else (distribution.sample,):
        drawn = draw((40_000,)).numpy()
        spread = np.sqrt(distribution.variance.numpy())
        np.testing.assert_allclose(drawn.mean(0), distribution.mean.numpy(), atol=0.03 * spread.max())
        np.testing.assert_allclose(drawn.std(0), spread, rtol=0.03)


@pytest.mark.parametrize("distribution", EACH, ids=IDS)
def test_entropy_is_the_mean_of_minus_log_prob(distribution):
    minigrad.manual_seed(1)
    mean = -distribution.log_prob(distribution.sample((40_000,))).mean().item()
    assert distribution.entropy().item() == pytest.approx(mean, abs=0.03)
    assert distribution.perplexity().item() == pytest.approx(np.exp(mean), rel=0.03)


def test_covariance_of_samples():
    minigrad.manual_seed(0)
    covariance = minigrad.tensor([[2.0, 0.6], [0.6, 0.5]])
    for law in (
        MultivariateNormal(minigrad.zeros(2), covariance),
        MultivariateNormal(minigrad.zeros(2), precision_matrix=minigrad.linalg.inv(covariance)),
        MultivariateNormal(minigrad.zeros(2), scale_tril=minigrad.linalg.cholesky(covariance)),
    ):
        np.testing.assert_allclose(np.cov(law.sample((40_000,)).numpy().T), covariance.numpy(), atol=0.05)
        for name in ("covariance_matrix", "precision_matrix", "scale_tril"):
            assert getattr(law, name).shape == (2, 2)


def test_classes_are_drawn_as_often_as_their_weights_say():
    minigrad.manual_seed(0)
    law = Categorical(minigrad.tensor([[1.0, 3.0], [4.0, 0.0]]))
    drawn = law.sample((10_000,)).numpy()
    np.testing.assert_allclose(drawn.mean(0), [0.75, 0.0], atol=0.02)


def test_gradients_flow_through_rsample_and_not_through_sample():
    loc, scale = minigrad.tensor([1.0, 2.0], requires_grad=True), minigrad.tensor([0.5, 0.5], requires_grad=True)
    law = Normal(loc, scale)
    drawn = law.rsample((3,))
    drawn.sum().backward()
    assert loc.grad.tolist() == [3.0, 3.0]
    noise = (drawn.detach() - loc.detach()) / 0.5
    np.testing.assert_allclose(scale.grad.numpy(), noise.sum(0).numpy(), rtol=1e-4)
    assert not law.sample().requires_grad
    with pytest.raises(NotImplementedError, match="Bernoulli has no rsample"):
        Bernoulli(0.5).rsample()


def test_both_of_probs_and_logits_and_neither_are_refused():
    for given in ({}, {"probs": 0.5, "logits": 0.0}):
        with pytest.raises(ValueError, match="give probs or logits"):
            Bernoulli(**given)
    with pytest.raises(ValueError, match="give one of covariance_matrix"):
        MultivariateNormal(minigrad.zeros(2))


def test_a_family_of_ones_own():
    class Certain(Distribution):
        pass

    with pytest.raises(NotImplementedError, match="no formula for Certain and Normal"):
        kl_divergence(Certain(), Normal(0.0, 1.0))
    register_kl(Certain, Normal)(lambda p, q: minigrad.tensor(7.0))
    assert kl_divergence(Certain(), Normal(0.0, 1.0)).item() == 7.0


def test_pytorchs_paths():
    from minigrad.distributions.categorical import Categorical as ByPath
    from minigrad.distributions.kl import kl_divergence as by_path

    from minigrad.distributions.normal import Normal as ByFile

    assert (ByPath, by_path, ByFile) == (Categorical, kl_divergence, Normal)
