"""Small programs in the way of tutorials, each run with both libraries from the same weights: the losses must agree.

Every program is written once, for `m`, which is minigrad or PyTorch.
"""

import copy
import itertools
import math

import numpy as np
import pytest

import minigrad
from tests.oracle.comparing import assert_same

torch = pytest.importorskip("torch", reason="PyTorch, to compare with, is not installed")

pytestmark = pytest.mark.filterwarnings("ignore:grad and param do not obey:UserWarning")  # PyTorch's advice on speed

PROGRAMS = []


def program(run):
    PROGRAMS.append(run)
    return run


def numbers(m, seed, *shape, **kwargs):
    return m.tensor(np.random.default_rng(seed).standard_normal(shape), **kwargs)


def filled(m, module, seed=0, scale=0.4):
    """The module in float64, with weights that depend on nothing but the seed."""
    module = module.double()
    with m.no_grad():
        for i, p in enumerate(module.parameters()):
            p.copy_(scale * numbers(m, 100 * seed + i, *p.shape))
    return module


def mlp(m, *widths, seed=0, activation="Tanh"):
    layers = []
    for n_in, n_out in itertools.pairwise(widths):
        layers += [m.nn.Linear(n_in, n_out), getattr(m.nn, activation)()]
    return filled(m, m.nn.Sequential(*layers[:-1]), seed)


@program
def polynomial_with_a_function_of_ones_own(m):
    class Legendre(m.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return 0.5 * (5 * x**3 - 3 * x)

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return g * 1.5 * (5 * x**2 - 1)

    x = m.linspace(-math.pi, math.pi, 50, dtype=m.float64)
    weights = [m.full((), value, dtype=m.float64, requires_grad=True) for value in (0.0, -1.0, 0.0, 0.3)]
    a, b, c, d = weights
    for _ in range(20):
        loss = (a + b * Legendre.apply(c + d * x) - m.sin(x)).pow(2).sum()
        loss.backward()
        yield loss
        with m.no_grad():
            for w in weights:
                w -= 1e-4 * w.grad
                w.grad = None


@program
def straight_through(m):
    class Sign(m.autograd.Function):
        @staticmethod
        def forward(ctx, x, bound=1.0):
            ctx.save_for_backward(x)
            ctx.bound = bound
            y = m.ones_like(x)
            y[x < 0] = -1
            return y

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            g = g.clone()
            g[x.abs() > ctx.bound] = 0
            return g, None

    net, head = mlp(m, 3, 8), mlp(m, 8, 2, seed=1)
    optimizer = m.optim.SGD([*net.parameters(), *head.parameters()], lr=0.1, momentum=0.9)
    x, target = numbers(m, 5, 16, 3), m.tensor(np.arange(16) % 2)
    for _ in range(8):
        optimizer.zero_grad()
        loss = m.nn.functional.cross_entropy(head(Sign.apply(net(x), 0.8)), target)
        loss.backward()
        optimizer.step()
        yield loss


@program
def learning_to_learn_sines(m):
    def forward(x, weights):
        for i in range(0, len(weights), 2):
            x = m.nn.functional.linear(x, weights[i], weights[i + 1])
            x = m.tanh(x) if i + 2 < len(weights) else x
        return x

    net = mlp(m, 1, 8, 8, 1)
    optimizer = m.optim.Adam(net.parameters(), lr=1e-2)
    for step in range(4):
        total = 0.0
        for task in range(3):
            x = numbers(m, 10 * step + task, 10, 1)
            y = (task + 1) * m.sin(x + task)
            weights = list(net.parameters())
            for _ in range(2):
                loss = m.nn.functional.mse_loss(forward(x[:5], weights), y[:5])
                slopes = m.autograd.grad(loss, weights, create_graph=True)
                weights = [w - 0.1 * g for w, g in zip(weights, slopes, strict=True)]
            total = total + m.nn.functional.mse_loss(forward(x[5:], weights), y[5:])
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        yield total


@program
def a_physics_informed_network(m):
    net = mlp(m, 2, 10, 10, 1)
    x = m.tensor(np.linspace(-1, 1, 12)[:, None], requires_grad=True)
    t = m.tensor(np.linspace(0, 1, 12)[:, None], requires_grad=True)
    optimizer = m.optim.LBFGS(net.parameters(), lr=0.5, max_iter=6, line_search_fn="strong_wolfe")

    def slope(y, by):
        return m.autograd.grad(y, by, grad_outputs=m.ones_like(y), create_graph=True)[0]

    def closure():
        optimizer.zero_grad()
        u = net(m.cat([x, t], dim=1))
        u_x = slope(u, x)
        residual = slope(u, t) + u * u_x - 0.01 / math.pi * slope(u_x, x)
        start = net(m.cat([x, m.zeros_like(x)], dim=1)) + m.sin(math.pi * x)
        loss = residual.pow(2).mean() + start.pow(2).mean()
        loss.backward()
        return loss

    for _ in range(3):
        yield optimizer.step(closure)
    yield from net.parameters()


@program
def a_critic_with_a_gradient_penalty(m):
    generator, critic = mlp(m, 2, 8, 2), mlp(m, 2, 8, 1, seed=1, activation="LeakyReLU")
    optimizers = [m.optim.Adam(net.parameters(), lr=1e-2, betas=(0.5, 0.9)) for net in (generator, critic)]
    for step in range(6):
        real, fake = numbers(m, step, 8, 2) * 0.1 + 1, generator(numbers(m, step + 50, 8, 2))
        mix = m.tensor(np.random.default_rng(step).random((8, 1)))
        between = (mix * real + (1 - mix) * fake.detach()).requires_grad_()
        (slopes,) = m.autograd.grad(critic(between).sum(), between, create_graph=True)
        penalty = ((slopes.norm(2, dim=1) - 1) ** 2).mean()
        loss = critic(fake.detach()).mean() - critic(real).mean() + 10 * penalty
        optimizers[1].zero_grad()
        loss.backward()
        optimizers[1].step()
        yield loss
        loss = -critic(fake).mean()
        optimizers[0].zero_grad()
        loss.backward()
        optimizers[0].step()
        yield loss


@program
def a_flow_of_coupled_halves(m):
    nets = [mlp(m, 1, 8, 2, seed=seed) for seed in range(3)]
    base = m.distributions.MultivariateNormal(m.zeros(2, dtype=m.float64), m.eye(2, dtype=m.float64))
    optimizer = m.optim.Adam([p for net in nets for p in net.parameters()], lr=1e-2)
    for step in range(6):
        z = numbers(m, step, 16, 2) * m.tensor([0.5, 2.0], dtype=m.float64) + 1
        log_det = 0.0
        for i, net in enumerate(nets):
            one, other = z[:, i % 2 :][:, :1], z[:, [1 - i % 2]]
            log_scale, shift = net(one).chunk(2, dim=1)
            other = other * log_scale.exp() + shift
            z = m.cat([one, other] if i % 2 == 0 else [other, one], dim=1)
            log_det = log_det + log_scale.squeeze(1)
        loss = -(base.log_prob(z) + log_det).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        yield loss


@program
def a_variational_autoencoder(m):
    encoder, decoder = mlp(m, 4, 8, 4), mlp(m, 2, 8, 4, seed=1)
    distributions = m.distributions
    optimizer = m.optim.AdamW([*encoder.parameters(), *decoder.parameters()], lr=1e-2)
    data = (numbers(m, 0, 12, 4) > 0).double()
    for step in range(6):
        mean, log_variance = encoder(data).chunk(2, dim=-1)
        code = distributions.Independent(distributions.Normal(mean, (0.5 * log_variance).exp()), 1)
        prior = distributions.Independent(distributions.Normal(m.zeros_like(mean), m.ones_like(mean)), 1)
        z = mean + (0.5 * log_variance).exp() * numbers(m, step, 12, 2)
        seen = distributions.Independent(distributions.Bernoulli(logits=decoder(z)), 1)
        loss = (distributions.kl_divergence(code, prior) - seen.log_prob(data)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        yield loss
        yield code.log_prob(z).detach()


@program
def a_policy_that_is_clipped(m):
    policy, value = mlp(m, 3, 8, 4), mlp(m, 3, 8, 1, seed=1)
    optimizer = m.optim.Adam([*policy.parameters(), *value.parameters()], lr=1e-2, betas=(0.9, 0.999))
    states, rewards = numbers(m, 0, 20, 3), m.tensor(np.arange(20) % 3 == 0).double()
    actions = m.tensor(np.random.default_rng(0).integers(0, 4, 20))
    rewards = (rewards - rewards.mean()) / (rewards.std() + 1e-5)
    old = m.distributions.Categorical(logits=policy(states)).log_prob(actions).detach()
    for _ in range(6):
        law = m.distributions.Categorical(m.softmax(policy(states), dim=-1))
        ratio, seen = m.exp(law.log_prob(actions) - old), m.squeeze(value(states))
        advantage = rewards - seen.detach()
        surrogate = m.min(ratio * advantage, m.clamp(ratio, 0.8, 1.2) * advantage)
        loss = -surrogate + 0.5 * m.nn.functional.mse_loss(seen, rewards) - 0.01 * law.entropy()
        optimizer.zero_grad()
        loss.mean().backward()
        optimizer.step()
        yield loss


@program
def q_learning_with_a_target(m):
    net = mlp(m, 4, 10, 2, activation="ReLU")
    target = copy.deepcopy(net)
    optimizer, criterion = m.optim.RMSprop(net.parameters(), lr=1e-3), m.nn.SmoothL1Loss()
    r = np.random.default_rng(0)
    for step in range(8):
        if step % 4 == 0:
            target.load_state_dict(net.state_dict())
        state, after = m.tensor(r.standard_normal((16, 4))), m.tensor(r.standard_normal((16, 4)))
        action, reward = m.LongTensor(r.integers(0, 2, (16, 1))), m.tensor(r.random((16, 1)))
        alive = m.tensor(r.random(16) > 0.2)
        best = m.zeros(16, dtype=m.float64)
        with m.no_grad():
            best[alive] = target(after[alive]).max(1)[0]
        loss = criterion(net(state).gather(1, action), reward + 0.9 * best.unsqueeze(1))
        optimizer.zero_grad()
        loss.backward()
        m.nn.utils.clip_grad_value_(net.parameters(), 0.05)
        optimizer.step()
        yield loss


@program
def influence_by_conjugate_gradients(m):
    net = mlp(m, 3, 4, 2)
    parameters = list(net.parameters())
    x, y = numbers(m, 0, 10, 3), m.tensor(np.arange(10) % 2)

    def flat(tensors):
        return m.cat([t.reshape(-1) for t in tensors])

    def product(v):
        loss = m.nn.functional.cross_entropy(net(x), y) + 0.5 * sum((p**2).sum() for p in parameters)
        slopes = flat(m.autograd.grad(loss, parameters, create_graph=True))
        return flat(m.autograd.grad(slopes @ v, parameters))

    b = flat(m.autograd.grad(m.nn.functional.cross_entropy(net(x[:1]), y[:1]), parameters))
    solution, residual = m.zeros_like(b), b.clone()
    direction = residual.clone()
    for _ in range(6):
        moved = product(direction)
        step = (residual @ residual) / (direction @ moved)
        solution += step * direction
        after = residual - step * moved
        direction = after + (after @ after) / (residual @ residual) * direction
        residual = after
        yield residual.norm()
    yield solution


@program
def an_ode_solved_back_in_time(m):
    """The adjoint method: a Function that solves another equation in its backward."""
    net = mlp(m, 2, 6, 2)

    def runge_kutta(f, state, steps, h):
        for _ in range(steps):
            a = f(state)
            b = f([s + h / 2 * k for s, k in zip(state, a, strict=True)])
            state = [s + h * k for s, k in zip(state, b, strict=True)]
        return state

    class Solve(m.autograd.Function):
        @staticmethod
        def forward(ctx, y, *parameters):
            (end,) = runge_kutta(lambda s: [net(s[0])], [y], 8, 0.1)
            ctx.save_for_backward(end, *parameters)
            return end

        @staticmethod
        def backward(ctx, g):
            end, *parameters = ctx.saved_tensors

            def backward(state):
                y, a = state[0].detach().requires_grad_(), state[1]
                with m.enable_grad():
                    f = net(y)
                    slopes = m.autograd.grad(f, [y, *parameters], a, allow_unused=True)
                return [f.detach(), *(-s for s in slopes)]

            start = [end, g, *(m.zeros_like(p) for p in parameters)]
            _, *found = runge_kutta(backward, start, 8, -0.1)
            return tuple(found)

    optimizer = m.optim.Adam(net.parameters(), lr=1e-2)
    start, goal = numbers(m, 0, 5, 2, requires_grad=True), numbers(m, 1, 5, 2)
    for _ in range(4):
        optimizer.zero_grad()
        loss = (Solve.apply(start, *net.parameters()) - goal).abs().mean()
        loss.backward()
        optimizer.step()
        yield loss
    yield start.grad


@program
def a_chain_of_tags(m):
    emit = filled(m, m.nn.LSTM(3, 2, bidirectional=True))
    transitions = m.nn.Parameter(numbers(m, 7, 4, 4))
    transitions.data[0, :] = -10000.0
    optimizer = m.optim.SGD([*emit.parameters(), transitions], lr=0.05, weight_decay=1e-4)
    words, tags = numbers(m, 1, 6, 1, 3), [1, 2, 2, 3, 1, 2]
    for _ in range(5):
        scores, _ = emit(words)
        scores = scores.view(6, 4)
        alphas = m.full((1, 4), -10000.0, dtype=m.float64)
        alphas[0][0] = 0.0
        gold, before = m.zeros(1, dtype=m.float64), 0
        for score, tag in zip(scores, tags, strict=True):
            rows = [m.logsumexp(alphas + transitions[t] + score[t], dim=1) for t in range(4)]
            alphas = m.cat(rows).view(1, -1)
            gold = gold + transitions[tag, before] + score[tag]
            before = tag
        loss = m.logsumexp(alphas, dim=1) - gold
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        yield loss


@program
def masses_on_springs(m):
    """Forces are added up through views, in place, while history is recorded."""
    free = m.nn.Parameter(numbers(m, 0, 2, 2))
    optimizer = m.optim.Adam([free], lr=0.05)
    fixed, goal = m.zeros(1, 2, dtype=m.float64), numbers(m, 1, 3, 2)
    for _ in range(4):
        place, speed = m.cat([fixed, free]), m.zeros(3, 2, dtype=m.float64)
        for _ in range(6):
            force = m.zeros_like(place)
            for i, j in ((0, 1), (1, 2)):
                apart = place[j] - place[i]
                pull = 5 * (apart.norm() - 1) * apart / (apart.norm() + 1e-6)
                force[i] += pull
                force[j] -= pull
            force[:, 1] -= 9.81
            speed = speed + 0.05 * force
            place = place + 0.05 * speed
            place[0] = fixed[0]
            speed[0] = m.zeros(2, dtype=m.float64)
        loss = (place - goal).pow(2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        yield loss


@program
def gradients_of_each_example(m):
    net = mlp(m, 3, 5, 2)
    parameters = {name: p.detach() for name, p in net.named_parameters()}
    x, y = numbers(m, 0, 6, 3), m.tensor(np.arange(6) % 2)

    def loss(parameters, x, y):
        scores = m.func.functional_call(net, parameters, (x.unsqueeze(0),))
        return m.nn.functional.cross_entropy(scores, y.unsqueeze(0))

    each = m.func.vmap(m.func.grad(loss), in_dims=(None, 0, 0))(parameters, x, y)
    yield from each.values()
    jacobians = m.func.vmap(m.func.jacrev(lambda p, x: m.func.functional_call(net, p, (x,))), (None, 0))(parameters, x)
    yield sum(m.einsum("naf,mbf->nmab", j.flatten(2), j.flatten(2)) for j in jacobians.values())


@pytest.mark.parametrize("run", PROGRAMS, ids=lambda run: run.__name__)
def test_losses_agree(run):
    ours, theirs = list(run(minigrad)), list(run(torch))
    assert len(ours) == len(theirs) > 1
    for step, (one, other) in enumerate(zip(ours, theirs, strict=True)):
        assert_same(one, other, f"step {step}", rtol=1e-6, atol=1e-9)
