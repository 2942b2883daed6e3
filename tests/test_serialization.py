import io
import pickle

import numpy as np
import pytest

import minigrad
from minigrad import nn, optim, serialization


def test_a_training_state_comes_back_as_it_was(tmp_path):
    minigrad.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))
    optimizer = optim.Adam(model.parameters(), lr=0.5)
    model(minigrad.ones(1, 3)).sum().backward()
    optimizer.step()
    state = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 3, "note": "ü", "best": None}
    minigrad.save(state, tmp_path / "state")
    again = minigrad.load(tmp_path / "state")
    assert (again["epoch"], again["note"], again["best"]) == (3, "ü", None)
    for name, tensor in model.state_dict().items():
        assert minigrad.equal(again["model"][name], tensor)

    other = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))
    other.load_state_dict(again["model"])
    restored = optim.Adam(other.parameters())
    restored.load_state_dict(again["optimizer"])
    for m, o in ((model, optimizer), (other, restored)):
        o.zero_grad()
        m(minigrad.ones(1, 3)).sum().backward()
        o.step()
    assert all(minigrad.equal(a, b) for a, b in zip(model.parameters(), other.parameters(), strict=True))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "bool"])
def test_types_shapes_and_layouts(dtype):
    values = np.arange(6).reshape(2, 3).astype(dtype)
    tensors = [minigrad.tensor(values), minigrad.tensor(values).T, minigrad.tensor(values)[:, ::2]]
    tensors += [minigrad.tensor(values[0, 1]), minigrad.tensor(values[:0])]
    file = io.BytesIO()
    minigrad.save({"tensors": tensors, "pair": (1, [2.5, tensors[0]])}, file)
    file.seek(0)
    again = minigrad.load(file)
    for before, after in zip(tensors, again["tensors"], strict=True):
        assert before.dtype == after.dtype
        assert before.shape == after.shape
        assert minigrad.equal(before, after)
    assert again["pair"][0] == 1
    assert isinstance(again["pair"], tuple)
    assert minigrad.equal(again["pair"][1][1], tensors[0])


def test_paths_that_collide():
    one, two = minigrad.ones(1), minigrad.zeros(1)
    file = io.BytesIO()
    minigrad.save({"a": {"b": one}, "a.b": two}, file)
    file.seek(0)
    again = minigrad.load(file)
    assert again["a"]["b"].item() == 1
    assert again["a.b"].item() == 0


def test_a_lone_tensor_and_files_of_others(tmp_path):
    minigrad.save(minigrad.ones(2), tmp_path / "one")
    assert minigrad.equal(minigrad.load(tmp_path / "one"), minigrad.ones(2))
    serialization.save_file({"w": minigrad.ones(2)}, tmp_path / "named")
    assert list(minigrad.load(tmp_path / "named")) == ["w"]


def test_weights_go_both_ways_with_pytorch(tmp_path):
    torch = pytest.importorskip("torch", reason="PyTorch, to compare with, is not installed")
    import safetensors.torch

    ours, theirs = nn.Linear(3, 2), torch.nn.Linear(3, 2)
    serialization.save_file(ours.state_dict(), tmp_path / "ours")
    theirs.load_state_dict(safetensors.torch.load_file(tmp_path / "ours"))
    assert np.array_equal(theirs.weight.detach().numpy(), ours.weight.detach().numpy())
    theirs.weight.data += 1
    safetensors.torch.save_file(theirs.state_dict(), tmp_path / "theirs")
    ours.load_state_dict(minigrad.load(tmp_path / "theirs"))
    assert np.array_equal(theirs.weight.detach().numpy(), ours.weight.detach().numpy())


@pytest.mark.parametrize("content", [pickle.dumps({"w": 1}), b"PK\x03\x04 as torch.save begins"])
def test_a_pickle_is_never_opened(tmp_path, content, monkeypatch):
    monkeypatch.setattr(pickle, "loads", lambda *args: pytest.fail("unpickled"))
    (tmp_path / "file.pt").write_bytes(content)
    with pytest.raises(ValueError, match=r"file.pt is a pickle, as torch.save writes them, and reading a pickle can"):
        minigrad.load(tmp_path / "file.pt")


@pytest.mark.parametrize("content", [b"", b"nothing of the kind", b"\x10" + b"\0" * 7 + b"{"])
def test_damaged_files(tmp_path, content):
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(ValueError, match="is not a whole"):
        minigrad.load(tmp_path / "file")
    with pytest.raises(ValueError, match="is not a whole safetensors file"):
        serialization.load_file(tmp_path / "file")
    with pytest.raises(ValueError, match="is not a whole safetensors file"):
        serialization.load_metadata(tmp_path / "file")
    with pytest.raises(FileNotFoundError):
        minigrad.load(tmp_path / "nothing")


@pytest.mark.parametrize(
    ("thing", "words"),
    [
        (nn.Linear(1, 1), r"the object is a Linear; only tensors, .* save a module's state_dict\(\) instead"),
        ({"a": [1, {2}]}, r"a.1 is a set"),
        ({(1, 2): 3}, "has a key that is neither text nor a whole number"),
    ],
)
def test_what_only_a_pickle_could_hold_is_refused_and_nothing_written(tmp_path, thing, words):
    with pytest.raises(TypeError, match=words):
        minigrad.save(thing, tmp_path / "file")
    assert not (tmp_path / "file").exists()
