"""Small programs on sequences, in the ways of public code, trained in both libraries from the same weights.

Each is a function of the library that returns a model and its loss; with the weights of one given to the other, losses
and weights must follow each other through training.
"""

import copy
import itertools
import math

import numpy as np
import pytest

import minigrad
from tests.oracle.comparing import assert_same, to_numpy

torch = pytest.importorskip("torch", reason="PyTorch, to compare with, is not installed")

PAD, START = 0, 1


def numbers(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape)


def tokens(seed, high, *shape):
    return np.random.default_rng(seed).integers(2, high, shape)


def recurrent_attention(m):
    """Translation with additive attention: packed sequences, scores filled in place, outputs written one by one."""
    nn, F = m.nn, m.nn.functional  # noqa: N806

    class Encoder(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding = nn.Embedding(9, 4, padding_idx=PAD)
            self.rnn = nn.GRU(4, 5, bidirectional=True)
            self.bridge = nn.Linear(10, 6)

        def forward(self, source, lengths):
            packed = nn.utils.rnn.pack_padded_sequence(self.embedding(source), lengths, enforce_sorted=False)
            states, last = self.rnn(packed)
            states, _ = nn.utils.rnn.pad_packed_sequence(states)
            return states, m.tanh(self.bridge(m.cat((last[-2], last[-1]), dim=1)))

    class Decoder(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding = nn.Embedding(8, 4)
            self.query = nn.LazyLinear(6, bias=False)
            self.key = nn.LazyLinear(6)
            self.energy = nn.Parameter(m.ones(6) / math.sqrt(6))
            self.cell = nn.GRUCell(4 + 10, 6)
            self.out = nn.Linear(4 + 10 + 6, 8)

        def forward(self, token, h, states, mask):
            x = self.embedding(token)
            scores = m.tanh(self.query(h)[None] + self.key(states)) @ self.energy
            scores.masked_fill_(mask == 0, -1e10)
            context = m.einsum("tb,tbd->bd", F.softmax(scores, dim=0), states)
            h = self.cell(m.cat([x, context], 1), h)
            return self.out(m.cat([x, context, h], 1)), h

    class Translator(nn.Module):
        def __init__(self):
            super().__init__()
            self.encoder, self.decoder = Encoder(), Decoder()

        def forward(self, source, lengths, target):
            outputs = m.zeros(*target.shape, 8, dtype=self.decoder.energy.dtype)
            states, h = self.encoder(source, lengths)
            token = target[0, :]
            for t in range(1, len(target)):
                output, h = self.decoder(token, h, states, (source != PAD)[: len(states)])
                outputs[t] = output
                token = target[t] if t % 2 else output.argmax(1)
            return outputs

    source, lengths = tokens(0, 9, 6, 3), [6, 3, 4]
    for column, length in enumerate(lengths):
        source[length:, column] = PAD
    source, target = m.tensor(source), m.tensor(tokens(1, 8, 5, 3))
    model, criterion = Translator(), nn.CrossEntropyLoss(ignore_index=PAD)
    model(source, m.tensor(lengths), target)  # from here on the lazy layers have their widths

    def loss(step):
        output = model(source, m.tensor(lengths), target)
        return criterion(output[1:].view(-1, 8), target[1:].view(-1))

    return model, loss


def tagger(m):
    """A BiLSTM with a conditional random field: masks of bytes, `+=` on slices, the best path read off by indices."""
    nn = m.nn

    class Tagger(nn.Module):
        def __init__(self, tags=4):
            super().__init__()
            self.embedding = nn.Embedding(9, 5)
            self.rnn = nn.LSTM(5, 3, bidirectional=True, batch_first=True)
            self.emit = nn.Linear(6, tags)
            self.transitions = nn.Parameter(m.empty(tags, tags))
            for name in self.rnn._flat_weights_names:
                if "weight" in name:
                    nn.init.orthogonal_(self.rnn._parameters[name])
            nn.init.uniform_(self.transitions, -0.1, 0.1)
            self.transitions.data[0, :] = -1e4

        def partition(self, emissions, mask):
            score = emissions[:, 0]
            for t in range(1, emissions.size(1)):
                after = score.unsqueeze(2) + self.transitions + emissions[:, t].unsqueeze(1)
                score = m.where(mask[:, t].unsqueeze(1), m.logsumexp(after, dim=1), score)
            return m.logsumexp(score, dim=1)

        def score(self, emissions, tags, mask):
            rows = m.arange(len(tags))
            score = emissions[rows, 0, tags[:, 0]]
            for t in range(1, emissions.size(1)):
                step = self.transitions[tags[:, t - 1], tags[:, t]] + emissions[rows, t, tags[:, t]]
                score += step * mask[:, t]
            return score

        def best(self, emissions):
            score, back = emissions[0].clone(), []
            for emission in emissions[1:]:
                best, index = (score[:, None] + self.transitions).max(dim=0)
                score = best
                score += emission
                back.append(index)
            path = [score.argmax().item()]
            for index in reversed(back):
                path.append(index[path[-1]].item())
            return score.max(), path[::-1]

    words, mask = (
        m.tensor(tokens(0, 9, 3, 5)),
        m.tensor(np.array([[1] * 5, [1, 1, 1, 0, 0], [1, 1, 0, 0, 0]], np.uint8)),
    )
    tags, model = m.tensor(tokens(1, 4, 3, 5) - 1), Tagger()

    def loss(step):
        emissions = model.emit(model.rnn(model.embedding(words))[0])
        likelihood = model.score(emissions, tags, mask) - model.partition(emissions, mask)
        path_score, path = model.best(emissions[0])
        return -likelihood.mean() + 1e-2 * path_score * len(set(path))

    return model, loss


def transformer(m):
    """An encoder and decoder from copied layers, with masks, scaling in place, a place left empty, and tied weights."""
    nn, F = m.nn, m.nn.functional  # noqa: N806

    class Attention(nn.Module):
        def __init__(self, width, heads):
            super().__init__()
            self.heads, self.scale = heads, 1 / math.sqrt(width // heads)
            self.parts = nn.ModuleList([nn.Linear(width, width, bias=False) for _ in range(3)])
            self.out = nn.Linear(width, width)

        def forward(self, query, key, value, mask):
            size = query.size(0)
            q, k, v = (
                part(x).view(size, -1, self.heads, x.size(-1) // self.heads)
                for part, x in zip(self.parts, (query, key, value), strict=True)
            )
            scores = m.einsum("bihd,bjhd->bhij", q, k)
            scores *= self.scale
            scores = scores.masked_fill(mask.unsqueeze(1) == 0, float("-inf"))
            return self.out(
                m.einsum("bhij,bjhd->bihd", scores.softmax(-1), v).reshape(size, -1, self.heads * q.size(-1))
            )

    class Layer(nn.Module):
        def __init__(self, width, crossing):
            super().__init__()
            self.attend = Attention(width, 2)
            self.cross = Attention(width, 2) if crossing else None
            self.feed = nn.Sequential(
                nn.Linear(width, 16), nn.ReLU(inplace=True), nn.Dropout(0.0), nn.Linear(16, width)
            )
            self.norms = nn.ModuleList([nn.LayerNorm(width), nn.LayerNorm(width) if crossing else None])

        def forward(self, x, mask, memory=None, memory_mask=None):
            first, second = self.norms
            x = x + self.attend(*[first(x)] * 3, mask)
            if second is not None:
                x = x + self.cross(second(x), memory, memory, memory_mask)
            residual = self.feed(x)
            residual += x
            return residual

    class Model(nn.Module):
        def __init__(self, width=8, vocabulary=9):
            super().__init__()
            self.embed = nn.Embedding(vocabulary, width)
            place, rate = m.arange(0.0, 12).unsqueeze(1), m.exp(m.arange(0.0, width, 2) * -(math.log(10000.0) / width))
            table = m.zeros(12, width)
            table[:, 0::2] = m.sin(place * rate)
            table[:, 1::2] = m.cos(place * rate)
            self.register_buffer("table", table.unsqueeze(0))
            self.encoder = nn.ModuleList([copy.deepcopy(layer) for layer in [Layer(width, False)] * 2])
            self.decoder = nn.ModuleList([copy.deepcopy(layer) for layer in [Layer(width, True)] * 2])
            self.out = nn.Linear(width, vocabulary, bias=False)
            for p in self.parameters():
                if p.dim() > 1:
                    nn.init.xavier_uniform_(p)
            self.out.weight = self.embed.weight

        def place(self, x):
            return self.embed(x) * math.sqrt(self.embed.embedding_dim) + self.table[:, : x.size(1)].requires_grad_(
                False
            )

        def forward(self, source, target):
            source_mask = (source != PAD).unsqueeze(-2)
            later = m.triu(m.ones(1, target.size(1), target.size(1)), diagonal=1).type(m.uint8)
            target_mask = (target != PAD).unsqueeze(-2) & (later == 0)
            memory, y = self.place(source), self.place(target)
            for layer in self.encoder:
                memory = layer(memory, source_mask)
            for layer in self.decoder:
                y = layer(y, target_mask, memory, source_mask)
            return F.log_softmax(self.out(y), dim=-1)

    def smoothed(x, target, smoothing=0.1):
        aim = x.data.clone()
        aim.fill_(smoothing / (x.size(1) - 2))
        aim.scatter_(1, target.data.unsqueeze(1), 1 - smoothing)
        aim[:, PAD] = 0
        aim.index_fill_(0, m.nonzero(target.data == PAD).squeeze(1), 0.0)
        return nn.KLDivLoss(reduction="sum")(x, aim) / (target != PAD).sum()

    source, target = tokens(0, 9, 2, 6), tokens(1, 9, 2, 7)
    source[1, 4:], target[0, 5:] = PAD, PAD
    source, target, model = m.tensor(source), m.tensor(target), Model()

    def loss(step):
        output = model(source, target[:, :-1])
        return smoothed(output.contiguous().view(-1, output.size(-1)), target[:, 1:].contiguous().view(-1))

    return model, loss


def memory_machine(m):
    """A machine that copies: a memory addressed by content and by shifts, written one example at a time."""
    nn, F = m.nn, m.nn.functional  # noqa: N806

    class Machine(nn.Module):
        def __init__(self, places=5, width=3, hidden=6):
            super().__init__()
            self.places, self.width = places, width
            self.register_buffer("start", m.ones(places, width) * 0.1)
            self.controller = nn.LSTMCell(2 + width, hidden)
            self.first = nn.Parameter(m.zeros(2, 1, hidden))
            self.head = nn.Linear(hidden, 3 * width + 6)
            self.out = nn.Linear(hidden + width, 2)

        def reset(self, batch):
            self.memory = self.start.clone().repeat(batch, 1, 1)
            self.weights = m.zeros(batch, self.places, dtype=self.start.dtype)
            self.read = m.zeros(batch, self.width, dtype=self.start.dtype)
            self.state = tuple(self.first.repeat(1, batch, 1))

        def address(self, key, strength, gate, shift, sharpness):
            content = F.softmax(
                strength * F.cosine_similarity(self.memory + 1e-16, key.unsqueeze(1) + 1e-16, dim=-1), 1
            )
            mixed = gate * content + (1 - gate) * self.weights
            shifted = m.zeros_like(mixed)
            for b in range(len(mixed)):
                ring = m.cat([mixed[b][-1:], mixed[b], mixed[b][:1]])
                shifted[b] = F.conv1d(ring.view(1, 1, -1), shift[b].view(1, 1, -1)).view(-1)
            powered = shifted**sharpness
            return m.div(powered, powered.sum(1).view(-1, 1) + 1e-16)

        def forward(self, x=None):
            if x is None:
                x = m.zeros(len(self.memory), 2, dtype=self.start.dtype)
            self.state = self.controller(m.cat([x, self.read], 1), self.state)
            sizes = np.cumsum([0, self.width, 1, 1, 3, 1, self.width, self.width])
            parts = self.head(self.state[0])
            key, strength, gate, shift, sharpness, erase, add = (parts[:, a:b] for a, b in itertools.pairwise(sizes))
            self.weights = self.address(
                key, F.softplus(strength), gate.sigmoid(), shift.softmax(dim=1), 1 + F.softplus(sharpness)
            )
            before = self.memory
            self.memory = m.empty(before.size(), dtype=before.dtype)
            for b, w in enumerate(self.weights):
                self.memory[b] = before[b] * (1 - m.outer(w, erase[b].sigmoid())) + m.outer(w, add[b])
            self.read = (self.weights.unsqueeze(1) @ self.memory).squeeze(1)
            return m.sigmoid(self.out(m.cat([self.state[0], self.read], 1)))

    model, bits = Machine(), np.random.default_rng(0).integers(0, 2, (4, 2, 2))

    def loss(step):
        sequence = m.tensor(bits, dtype=model.start.dtype)
        model.reset(2)
        for x in sequence:
            model(x)
        outputs = m.zeros(sequence.size(), dtype=sequence.dtype)
        for i in range(len(sequence)):
            outputs[i] = model()
        return nn.BCELoss()(outputs, sequence)

    return model, loss


def convolutions(m):
    """Convolutions over time that see the past alone, their weights normalised, gated, with residuals."""
    nn, F = m.nn, m.nn.functional  # noqa: N806

    class Block(nn.Module):
        def __init__(self, channels, dilation):
            super().__init__()
            self.conv = nn.utils.weight_norm(
                nn.Conv1d(channels, 2 * channels, 3, padding=2 * dilation, dilation=dilation)
            )
            self.cut = 2 * dilation

        def forward(self, x):
            return (F.glu(self.conv(x)[:, :, : -self.cut].contiguous(), dim=1) + x) * math.sqrt(0.5)

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.embed = nn.Embedding(9, 6)
            self.blocks = nn.Sequential(*[Block(6, 2**i) for i in range(3)])
            self.out = nn.utils.weight_norm(nn.Linear(6, 9), name="weight", dim=None)

        @m.jit.export
        def forward(self, x):
            return self.out(self.blocks(self.embed(x).transpose(1, 2)).transpose(1, 2))

    text, model = m.tensor(tokens(0, 9, 2, 11)), Model()

    def loss(step):
        with m.autocast("cuda", enabled=False):
            return F.cross_entropy(model(text[:, :-1]).flatten(0, 1), text[:, 1:].flatten())

    return model, loss


def quantised(m):
    """An autoencoder of sequences whose states are quantised, its code book following means without gradients."""
    nn, F = m.nn, m.nn.functional  # noqa: N806

    class Quantise(nn.Module):
        def __init__(self, codes=6, width=4, decay=0.9):
            super().__init__()
            self.decay = decay
            self.register_buffer("book", m.zeros(codes, width))
            self.register_buffer("counts", m.ones(codes))
            self.register_buffer("sums", m.zeros(codes, width))
            nn.init.normal_(self.book)
            self.sums.data.copy_(self.book)

        def forward(self, x):
            flat = x.reshape(-1, x.size(-1))
            far = flat.pow(2).sum(1, keepdim=True) - 2 * flat @ self.book.t() + self.book.pow(2).sum(1)
            _, chosen = (-far).max(dim=1)
            picked = F.one_hot(chosen, len(self.book)).type(flat.dtype)
            found = F.embedding(chosen, self.book).view_as(x)
            if self.training:
                self.counts.data.mul_(self.decay).add_(picked.sum(0), alpha=1 - self.decay)
                self.sums.data.mul_(self.decay).add_(picked.t() @ flat.detach(), alpha=1 - self.decay)
                self.book.data.copy_(self.sums / (self.counts + 1e-5).unsqueeze(1))
            return x + (found - x).detach(), (found.detach() - x).pow(2).mean()

    model = nn.ModuleDict(
        {"encode": nn.GRU(3, 4, batch_first=True), "quantise": Quantise(), "decode": nn.LSTM(4, 3, batch_first=True)}
    )
    values = numbers(0, 2, 5, 3)

    def loss(step):
        x = m.tensor(values, dtype=model["quantise"].book.dtype)
        codes, distance = model["quantise"](model["encode"](x)[0])
        return F.mse_loss(model["decode"](codes)[0], x) + 0.25 * distance

    return model, loss


def pointer(m):
    """A network that points at what to read next, and never twice at the same: masks scattered in place, by bytes."""
    nn, F = m.nn, m.nn.functional  # noqa: N806

    class Pointer(nn.Module):
        def __init__(self, hidden=5):
            super().__init__()
            self.encoder = nn.LSTM(2, hidden, batch_first=True)
            self.cell = nn.LSTMCell(2, hidden)
            self.query, self.key = nn.Linear(hidden, hidden), nn.Conv1d(hidden, hidden, 1, 1)
            self.v = nn.Parameter(m.rand(hidden))
            self.v.data.uniform_(-1 / math.sqrt(hidden), 1 / math.sqrt(hidden))

        def forward(self, points, aims=None):
            batch, length, _ = points.size()
            states, (h, c) = self.encoder(points)
            h, c, x = h.squeeze(0), c.squeeze(0), points.new_zeros(batch, 2)
            keys = self.key(states.permute(0, 2, 1))
            taken = m.zeros(batch, length, dtype=m.uint8)
            scores, choices = [], []
            for t in range(length):
                h, c = self.cell(x, (h, c))
                score = m.bmm(self.v.expand(batch, 1, -1), m.tanh(keys + self.query(h).unsqueeze(2))).squeeze(1)
                score[taken.bool()] = -1e4
                scores.append(F.log_softmax(score, dim=-1))
                choice = scores[-1].argmax(dim=1, keepdim=True) if aims is None else aims[:, t : t + 1]
                taken.scatter_(1, choice, 1)
                choices.append(choice)
                x = points.gather(1, choice.unsqueeze(2).repeat(1, 1, 2)).squeeze(1)
            assert taken.all()
            return m.stack(scores, dim=1), m.cat(choices, dim=1)

    model, values = Pointer(), numbers(0, 3, 4, 2)
    aims = m.tensor(np.argsort(values[..., 0]))

    def loss(step):
        points = m.tensor(values, dtype=model.v.dtype)
        scores, _ = model(points, aims)
        with m.no_grad():
            _, choices = model(points)
        mask = m.ones_like(aims, dtype=m.uint8)
        mask[:, step % 4] = 0
        losses = -scores.gather(2, aims.unsqueeze(2)).squeeze(2)
        return losses[mask.bool()].mean() + 0.1 * (choices != aims).float().mean().to(losses.dtype)

    return model, loss


PROGRAMS = [recurrent_attention, tagger, transformer, memory_machine, convolutions, quantised, pointer]


def trained(library, model, loss):
    """The losses of twenty steps."""
    optimizer = library.optim.Adam(model.parameters(), lr=0.01, betas=(0.9, 0.98), eps=1e-9)
    schedule = library.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min((step + 1) / 5, 1.0))
    losses = []
    for step in range(20):
        optimizer.zero_grad()
        value = loss(step)
        value.backward()
        library.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        losses.append(value.item())
    return losses


@pytest.mark.filterwarnings("ignore:.*weight_norm.* is deprecated:FutureWarning")
@pytest.mark.filterwarnings("ignore:.*uint8.*deprecated:UserWarning")
@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
@pytest.mark.parametrize("precision", ["double", "float"])
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_training_follows_pytorch(program, precision):
    torch.manual_seed(0)
    (ours, our_loss), (theirs, their_loss) = program(minigrad), program(torch)
    for model in (ours, theirs):
        getattr(model, precision)()
    ours.load_state_dict({name: to_numpy(value) for name, value in theirs.state_dict().items()})
    losses, their_losses = trained(minigrad, ours, our_loss), trained(torch, theirs, their_loss)
    exact = precision == "double"
    np.testing.assert_allclose(losses, their_losses, rtol=1e-9 if exact else 1e-3)  # rounding grows from step to step
    assert sum(losses[-4:]) < sum(losses[:4])
    if exact:  # in float32 the first steps of Adam are signs of gradients that may be nothing but rounding
        for name, value in theirs.state_dict().items():
            assert_same(ours.state_dict()[name], value, name, rtol=1e-7, atol=1e-8)
