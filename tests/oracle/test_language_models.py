"""Small language models written as people write them for PyTorch, trained in both libraries from the same weights."""

import math

import numpy as np
import pytest

import minigrad
from tests.oracle.comparing import assert_same

torch = pytest.importorskip("torch", reason="PyTorch, to compare with, is not installed")

VOCABULARY, WIDTH, LENGTH = 11, 8, 6
TEXT = np.random.default_rng(0).integers(0, VOCABULARY, (4, LENGTH + 1))


@pytest.fixture(autouse=True)
def in_double():
    """float64 as both libraries' default, so that only the mathematics can differ."""
    for library in (minigrad, torch):
        library.set_default_dtype(library.float64)
    yield
    for library in (minigrad, torch):
        library.set_default_dtype(library.float32)


def rotary_transformer(torch):
    """Rotary positions, scores in the layout (query, key, batch, head) changed in place, RMSNorm, a gated layer."""
    nn, F = torch.nn, torch.nn.functional  # noqa: N806

    def rotated(x):  # (T, B, h, d)
        t, d = x.shape[0], x.shape[-1]
        theta = 1.0 / (100.0 ** (torch.arange(0, d, 2).to(x.dtype) / d))
        angle = torch.outer(torch.arange(t).to(x.dtype), theta)[:, None, None, :]
        first, second = x.chunk(2, dim=-1)
        cos, sin = angle.cos(), angle.sin()
        return torch.cat([first * cos - second * sin, first * sin + second * cos], dim=-1)

    class Attention(nn.Module):
        def __init__(self, heads):
            super().__init__()
            self.heads, self.scale = heads, 1 / math.sqrt(WIDTH // heads)
            self.qkv, self.out = nn.Linear(WIDTH, 3 * WIDTH, bias=False), nn.Linear(WIDTH, WIDTH, bias=False)

        def forward(self, x):  # (T, B, d)
            T, B, _ = x.shape  # noqa: N806
            q, k, v = (part.view(T, B, self.heads, -1) for part in self.qkv(x).split(WIDTH, dim=2))
            scores = torch.einsum("ibhd,jbhd->ijbh", rotated(q), rotated(k))
            scores *= self.scale
            mask = torch.triu(torch.ones(T, T), diagonal=1).bool()[:, :, None, None]
            scores.masked_fill_(mask, float("-inf"))
            y = torch.einsum("ijbh,jbhd->ibhd", scores.softmax(dim=1), v)
            return self.out(y.reshape(T, B, -1))

    class Norm(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.ones(WIDTH))

        def forward(self, x):
            return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6) * self.weight

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.attention, self.norm1, self.norm2 = Attention(2), Norm(), Norm()
            self.gate, self.up, self.down = (nn.Linear(WIDTH, WIDTH, bias=False) for _ in range(3))

        def forward(self, x):
            x = x + self.attention(self.norm1(x))
            h = self.norm2(x)
            return x + self.down(F.silu(self.gate(h)) * self.up(h))

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding = nn.Embedding(VOCABULARY, WIDTH)
            self.blocks = nn.ModuleList(Block() for _ in range(2))
            self.head = nn.Linear(WIDTH, VOCABULARY, bias=False)
            self.head.weight = self.embedding.weight

        def forward(self, idx, targets=None):
            x = self.embedding(idx).transpose(0, 1)
            for block in self.blocks:
                x = block(x)
            logits = self.head(x).transpose(0, 1).contiguous()
            if targets is None:
                return logits, None
            return logits, F.cross_entropy(logits.view(-1, VOCABULARY), targets.view(-1), ignore_index=-1)

    return Model()


def convolutional(torch):
    """Windows over the past; what lies in memory in another order is joined, normalised, masked and seen anew."""
    nn, F = torch.nn, torch.nn.functional  # noqa: N806

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding = nn.Embedding(VOCABULARY, WIDTH)
            self.pad = nn.ConstantPad1d((2, 0), 0.0)
            self.conv, self.norm = nn.Conv1d(WIDTH, WIDTH, 3), nn.GroupNorm(2, WIDTH)
            self.head = nn.Linear(2 * WIDTH, VOCABULARY)

        def forward(self, idx, targets):
            B, T = idx.shape  # noqa: N806
            x = self.embedding(idx).transpose(1, 2)
            h = F.gelu(self.norm(self.conv(self.pad(x))))
            pairs = self.conv(self.pad(x)).view(B, 2, WIDTH // 2, T).mean(1).repeat(1, 2, 1)
            both = torch.cat([h.transpose(1, 2), (x + pairs).transpose(1, 2)], dim=2).view(B * T, -1)
            kept = both.view(B, T, -1).masked_fill((idx == 3)[..., None], 0.0).view(B * T, -1)
            logits = self.head(kept)
            return logits.view(B, T, -1), F.cross_entropy(logits, targets.reshape(-1), label_smoothing=0.1)

    return Model()


def recurrent(torch):
    """An LSTM whose state goes on from batch to batch, cut off from the history before."""
    nn, F = torch.nn, torch.nn.functional  # noqa: N806

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding = nn.Embedding(VOCABULARY, WIDTH, padding_idx=0)
            self.rnn = nn.LSTM(WIDTH, WIDTH, num_layers=2, batch_first=True)
            self.decoder = nn.Linear(WIDTH, VOCABULARY)
            self.state = None

        def forward(self, idx, targets):
            if self.state is None:
                weight = next(self.parameters())
                self.state = tuple(weight.new_zeros(2, idx.size(0), WIDTH) for _ in range(2))
            y, state = self.rnn(self.embedding(idx), self.state)
            self.state = tuple(s.detach() for s in state)
            logits = self.decoder(y)
            return logits, F.nll_loss(F.log_softmax(logits, dim=-1).transpose(1, 2), targets, ignore_index=0)

    return Model()


def follow(library, build, weights, steps):
    """Train the model from given weights; the losses, and the weights at the end."""
    model = build(library)
    model.load_state_dict({name: library.tensor(w) for name, w in weights.items()})
    x, y = library.tensor(TEXT[:, :-1]), library.tensor(TEXT[:, 1:])
    decayed = [p for p in model.parameters() if p.dim() >= 2]
    others = [p for p in model.parameters() if p.dim() < 2]
    groups = [{"params": decayed, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}]
    optimizer = library.optim.AdamW(groups, lr=0.02, betas=(0.9, 0.95), eps=1e-4)
    schedule = library.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    losses = []
    for _ in range(steps):
        _, loss = model(x, y)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        library.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
    return model, losses


@pytest.mark.parametrize("build", [rotary_transformer, convolutional, recurrent])
def test_losses_follow_pytorchs(build):
    r = np.random.default_rng(1)
    weights = {name: r.standard_normal(tuple(w.shape)) * 0.3 for name, w in build(torch).state_dict().items()}
    if build is rotary_transformer:
        weights["head.weight"] = weights["embedding.weight"]
    ours, our_losses = follow(minigrad, build, weights, 25)
    theirs, their_losses = follow(torch, build, weights, 25)
    np.testing.assert_allclose(our_losses, their_losses, rtol=1e-8)
    assert our_losses[-1] < 0.95 * our_losses[0]
    for (name, a), (_, b) in zip(ours.state_dict().items(), theirs.state_dict().items(), strict=True):
        assert_same(a, b, name, rtol=1e-8, atol=1e-8)


def counted_names(torch):
    """The n-gram network written without modules: normalised by hand, trained by changing `.data`."""
    r = np.random.default_rng(2)
    C, W1, W2 = (  # noqa: N806
        torch.tensor(r.standard_normal(s) * 0.3) for s in ((VOCABULARY, 3), (9, 12), (12, VOCABULARY))
    )
    gain, bias = torch.ones(1, 12), torch.zeros(1, 12)
    running_mean, running_std = torch.zeros(1, 12), torch.ones(1, 12)
    parameters = [C, W1, W2, gain, bias]
    for p in parameters:
        p.requires_grad = True
    X, Y = torch.tensor(r.integers(0, VOCABULARY, (40, 3))), torch.tensor(r.integers(0, VOCABULARY, (40,)))  # noqa: N806
    losses = []
    for i in range(30):
        emb = C[X]
        before = emb.view(emb.shape[0], -1) @ W1
        mean, std = before.mean(0, keepdim=True), before.std(0, keepdim=True)
        hidden = torch.tanh(gain * (before - mean) / std + bias)
        with torch.no_grad():
            running_mean = 0.9 * running_mean + 0.1 * mean
            running_std = 0.9 * running_std + 0.1 * std
        logits = hidden @ W2
        counts = (logits - logits.max(1, keepdim=True).values).exp()
        probabilities = counts / counts.sum(1, keepdims=True)
        loss = -probabilities[range(len(Y)), Y].log().mean() + 0.01 * (W2**2).mean()
        for p in parameters:
            p.grad = None
        loss.backward()
        for p in parameters:
            p.data += -(0.5 if i < 20 else 0.1) * p.grad
        losses.append(loss.item())
    return [torch.tensor(losses), running_mean, running_std, *parameters]


def test_a_network_without_modules_follows_pytorchs():
    for a, b in zip(counted_names(minigrad), counted_names(torch), strict=True):
        assert_same(a, b, rtol=1e-8, atol=1e-10)


def sampled(torch, model):
    """Greedy, of the k likeliest, of the likeliest that make up p, and by beams: all without chance."""
    F, softmax = torch.nn.functional, torch.nn.functional.softmax  # noqa: N806

    def top_k(logits, k=3):
        v, _ = torch.topk(logits, k)
        logits[logits < v[:, [-1]]] = -float("Inf")
        return logits

    def top_p(logits, p=0.6):
        ordered, indices = torch.sort(logits, descending=True)
        remove = softmax(ordered, dim=-1).cumsum(dim=-1) > p
        remove[..., 1:] = remove[..., :-1].clone()
        remove[..., 0] = 0
        return logits.masked_fill(remove.scatter(1, indices, remove), float("-inf"))

    results = []
    with torch.no_grad():
        for crop in (lambda logits: logits, top_k, top_p):
            idx = torch.tensor(TEXT[:, :2])
            for _ in range(LENGTH):
                logits, _ = model(idx[:, -LENGTH:])
                probabilities = softmax(crop(logits[:, -1, :] / 0.7), dim=-1)
                results.append(probabilities)
                idx = torch.cat((idx, probabilities.argmax(-1, keepdim=True)), dim=1)
            results.append(idx)
        beams, scores = torch.tensor(TEXT[:1, :2]), torch.zeros(1)
        for _ in range(4):
            logs = F.log_softmax(model(beams)[0][:, -1], dim=-1) + scores.unsqueeze(1)
            scores, flat = logs.view(-1).topk(3)
            beams = torch.cat([beams[flat // VOCABULARY], (flat % VOCABULARY).view(-1, 1)], dim=1)
        return [*results, beams, scores]


def test_what_is_sampled_is_what_pytorch_samples():
    r = np.random.default_rng(3)
    shapes = rotary_transformer(torch).state_dict()
    weights = {name: r.standard_normal(tuple(w.shape)) * 0.5 for name, w in shapes.items()}
    weights["head.weight"] = weights["embedding.weight"]
    found = []
    for library in (minigrad, torch):
        model = rotary_transformer(library)
        model.load_state_dict({name: library.tensor(w) for name, w in weights.items()})
        found.append(sampled(library, model.eval()))
    for a, b in zip(*found, strict=True):
        assert_same(a, b, rtol=1e-9, atol=1e-12)
