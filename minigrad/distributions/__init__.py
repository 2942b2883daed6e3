"""Random numbers whose law is known: draw them, ask how likely they were, and differentiate both.

PyTorch's `torch.distributions`. `sample` draws without history; `rsample`, where a distribution has it, draws so that
the gradient flows into the parameters, by writing the sample as a function of them and of noise that does not depend
on them (Kingma and Welling, "Auto-Encoding Variational Bayes", 2014). Where there is no `rsample`, as for actions that
are chosen, the gradient of `log_prob` serves (Williams, "Simple Statistical Gradient-Following Algorithms", 1992).

>>> import minigrad
>>> from minigrad.distributions import Categorical
>>> policy = Categorical(logits=minigrad.zeros(2, requires_grad=True))
>>> action = policy.sample()
>>> loss = -policy.log_prob(action) * 1.5  # times the reward
>>> loss
tensor(1.0397, grad_fn=<mul>)
"""

from minigrad.distributions.choices import Bernoulli, Categorical, Geometric, OneHotCategorical
from minigrad.distributions.distribution import Distribution, Independent
from minigrad.distributions.divergence import kl_divergence, register_kl
from minigrad.distributions.normal import LogNormal, MultivariateNormal, Normal
from minigrad.distributions.spread import Exponential, Gumbel, Laplace, Uniform
from minigrad.paths import open_paths

open_paths(__name__)
