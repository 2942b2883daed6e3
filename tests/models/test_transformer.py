import warnings

import numpy as np
import pytest

import minigrad
from models.config import Config
from models.decoding import evaluate, greedy_decode, symbols_of
from models.tasks import PAD, answer, make_batch
from models.transformer import Transformer

SMALL = Config(d_model=16, heads=2, feed_forward=32)


@pytest.fixture
def model():
    minigrad.manual_seed(0)
    return Transformer(SMALL).eval()


def test_later_tokens_do_not_reach_earlier_scores(model):
    batch = make_batch("copy", [(1, 2, 3, 4)])
    changed = batch.target_in.clone()
    changed[0, 3] = 9
    before, after = model(batch.source, batch.target_in).detach(), model(batch.source, changed).detach()
    assert np.array_equal(before.numpy()[:, :3], after.numpy()[:, :3])
    assert not np.allclose(before.numpy()[:, 3:], after.numpy()[:, 3:])


def test_padding_changes_nothing(model):
    alone = make_batch("reverse", [(5, 6)])
    padded = make_batch("reverse", [(5, 6), (1, 2, 3, 4, 5, 6, 7)])
    one = model(alone.source, alone.target_in).detach().numpy()
    two = model(padded.source, padded.target_in).detach().numpy()
    np.testing.assert_allclose(one[0], two[0, :3], atol=1e-5)


def test_every_parameter_gets_a_gradient(model):
    from models.training import loss_of

    loss_of(model.train(), make_batch("copy", [(1, 2, 3), (4,)])).backward()
    without = [name for name, p in model.named_parameters() if p.grad is None or not p.grad.numpy().any()]
    assert not without


def test_attention_maps_are_named_shaped_and_masked(model):
    batch = make_batch("copy", [(1, 2, 3), (4,)])
    maps = model.attention_maps(batch.source, batch.target_in)
    assert set(maps) == {
        f"{part}.layers.{i}.{module}"
        for part, module in [("encoder", "self_attn"), ("decoder", "self_attn"), ("decoder", "multihead_attn")]
        for i in range(2)
    }
    for name, weights in maps.items():
        assert weights.shape == (2, 2, 4, 4)
        np.testing.assert_allclose(weights.numpy().sum(-1), 1, atol=1e-5)
        if "encoder" in name or "multihead" in name:
            assert not weights.numpy()[1][:, :, (batch.source == PAD).numpy()[1]].any()
        else:
            assert not np.triu(weights.numpy(), 1).any()


def test_exact_match_in_one_pass_is_what_decoding_finds():
    """A model that is right about some sequences only: evaluate() must agree with decoding each of them."""
    from models.training import Trainer

    trainer = Trainer(Config(task="copy", d_model=16, heads=2, layers=1, max_length=4, batch=32, lr=5e-3))
    for _ in range(130):
        trainer.train_step()
    asked = [(1,), (2, 3), (4, 5, 6), (7, 8, 9, 0), (3, 3, 3), (0, 0), (9, 1, 9, 1)] * 10
    asked = [tuple((s + i) % 10 for s in symbols) for i, symbols in enumerate(asked)]
    score = evaluate(trainer.model, "copy", asked)
    trainer.model.eval()
    decoded = [
        symbols_of(greedy_decode(trainer.model, make_batch("copy", [s]).source, 8).tolist()[0]) == answer("copy", s)
        for s in asked
    ]
    assert score.right == decoded
    assert 0 < score.exact_match < 1
    assert score.exact_match < score.token_accuracy < 1


def test_decoding_ends_each_sequence_by_itself(model):
    source = make_batch("copy", [(1, 2, 3), (4,)]).source
    together = greedy_decode(model, source, 6).tolist()
    for row, symbols in zip(together, [(1, 2, 3), (4,)], strict=True):
        alone = greedy_decode(model, make_batch("copy", [symbols]).source, 6).tolist()[0]
        assert symbols_of(row) == symbols_of(alone)
    assert max(map(len, together)) <= 7


def test_agrees_with_pytorch():
    """Same weights, same tokens: outputs and gradients of all parameters are PyTorch's."""
    torch = pytest.importorskip("torch", reason="PyTorch is what is compared with")
    minigrad.manual_seed(1)
    model = Transformer(SMALL)
    options = {"dropout": 0.0, "batch_first": True, "norm_first": True}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about a fast path that this comparison does not need
        peer = torch.nn.Transformer(16, 2, 2, 2, 32, **options)
    peer.load_state_dict(
        {
            name: torch.from_numpy(tensor.numpy().copy())
            for name, tensor in model.state_dict().items()
            if name.startswith(("encoder.", "decoder."))
        }
    )
    batch = make_batch("reverse", [(1, 2, 3, 4), (5,), (6, 7)])
    source, target = model.embed(batch.source).detach(), model.embed(batch.target_in).detach()
    padding = torch.from_numpy((batch.source == PAD).numpy())
    theirs = peer(
        torch.from_numpy(source.numpy()),
        torch.from_numpy(target.numpy()),
        tgt_mask=torch.nn.Transformer.generate_square_subsequent_mask(target.shape[1]).isinf(),
        src_key_padding_mask=padding,
        memory_key_padding_mask=padding,
    )
    memory = model.encoder(source, batch.source == PAD)
    ours = model.decoder(target, memory, batch.source == PAD)
    np.testing.assert_allclose(ours.detach().numpy(), theirs.detach().numpy(), atol=2e-5)
    weights = np.random.default_rng(0).standard_normal(ours.shape).astype(np.float32)
    (ours * minigrad.from_numpy(weights)).sum().backward()
    (theirs * torch.from_numpy(weights)).sum().backward()
    gradients = dict(model.named_parameters())
    for name, parameter in peer.named_parameters():
        np.testing.assert_allclose(
            gradients[name].grad.numpy(), parameter.grad.numpy(), atol=2e-4, rtol=1e-3, err_msg=name
        )
