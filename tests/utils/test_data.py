"""Data sets, samplers and loaders: what they give, beside PyTorch's where that does not depend on chance."""

import copy
from collections import OrderedDict, UserList, defaultdict, namedtuple
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
import pytest

import minigrad
from minigrad.utils import data

Point = namedtuple("Point", "x y")


class Words(data.IterableDataset):
    def __iter__(self):
        return iter("abcde")

    def __len__(self):
        return 5


def plain(value):
    """Numbers in place of tensors, to compare batches of the two libraries."""
    if hasattr(value, "tolist"):
        return (str(value.dtype).split(".")[-1], value.tolist())
    if isinstance(value, dict):
        return {key: plain(x) for key, x in value.items()}
    return type(value)(map(plain, value)) if type(value) in (list, tuple) else value


LOADERS = [
    lambda d, t: d.DataLoader(d.TensorDataset(t.arange(7), t.arange(14).reshape(7, 2)), batch_size=3),
    lambda d, t: d.DataLoader(d.TensorDataset(t.arange(7)), batch_size=3, drop_last=True),
    lambda d, t: d.DataLoader(range(5)),
    lambda d, t: d.DataLoader(range(5), batch_size=None),
    lambda d, t: d.DataLoader(range(5), sampler=[3, 1, 1], batch_size=2),
    lambda d, t: d.DataLoader(range(5), batch_sampler=[[0, 4], [2]]),
    lambda d, t: d.DataLoader(range(5), batch_size=2, collate_fn=sum),
    lambda d, t: d.DataLoader([{"a": 1.5, "b": "x"}, {"a": 2.0, "b": "y"}], batch_size=2),
    lambda d, t: d.DataLoader([(1, "a", [True, 2.0]), (2, "b", [False, 3.0])], batch_size=2),
    lambda d, t: d.DataLoader([np.ones(2), np.zeros(2)], batch_size=2),
    lambda d, t: d.DataLoader(d.Subset("abcdef", [5, 1, 2]), batch_size=2),
    lambda d, t: d.DataLoader(d.ConcatDataset([range(2), range(3)]), batch_size=4),
    lambda d, t: d.DataLoader(d.StackDataset(range(3), "abc"), batch_size=2),
    lambda d, t: d.DataLoader(d.TensorDataset(t.arange(5)), batch_size=2, num_workers=0, pin_memory=False),
]


@pytest.mark.parametrize("number", range(len(LOADERS)))
def test_loaders_as_in_torch(number):
    torch = pytest.importorskip("torch", reason="PyTorch, to compare with, is not installed")
    ours, theirs = LOADERS[number](data, minigrad), LOADERS[number](torch.utils.data, torch)
    assert [plain(batch) for batch in ours] == [plain(batch) for batch in theirs]
    assert len(ours) == len(theirs)


def test_streams():
    assert list(data.DataLoader(Words(), batch_size=2)) == [["a", "b"], ["c", "d"], ["e"]]
    assert list(data.DataLoader(Words(), batch_size=2, drop_last=True)) == [["a", "b"], ["c", "d"]]
    assert list(data.DataLoader(Words(), batch_size=None)) == list("abcde")
    assert list(Words() + Words()) == list("abcdeabcde")
    assert len(data.DataLoader(Words(), batch_size=2)) == 3


def test_a_loader_is_copied():
    for dataset in (Words(), range(4)):
        loader = data.DataLoader(dataset, batch_size=2)
        expected = list(map(plain, loader))
        assert list(map(plain, copy.deepcopy(loader))) == expected


def test_shuffling_is_another_order_each_time_and_can_be_repeated():
    def orders(seed):
        loader = data.DataLoader(
            range(50), batch_size=50, shuffle=True, generator=minigrad.Generator().manual_seed(seed)
        )
        return [batch.tolist() for _ in range(2) for batch in loader]

    first, second = orders(0)
    assert sorted(first) == sorted(second) == list(range(50))
    assert first != second
    assert orders(0) == [first, second]


def test_samplers_are_lazy():
    for sampler in (
        data.RandomSampler(range(10), replacement=True, num_samples=int(1e10)),
        data.WeightedRandomSampler(np.ones(10), num_samples=int(1e10)),
        data.RandomSampler(range(10), num_samples=int(1e10)),
    ):
        batches = iter(data.DataLoader(range(10), batch_size=4, sampler=sampler))
        assert len(next(batches)) == 4
        assert len(sampler) == 10**10


def test_samplers():
    assert sorted(data.RandomSampler(range(5))) == list(range(5))
    assert len(list(data.RandomSampler(range(5), num_samples=12))) == 12
    assert sorted(list(data.RandomSampler(range(5), num_samples=12))[:5]) == list(range(5))
    assert sorted(data.SubsetRandomSampler([7, 3, 5])) == [3, 5, 7]
    assert sorted(data.WeightedRandomSampler([1, 0, 2, 3], 3, replacement=False)) == [0, 2, 3]
    drawn = np.bincount(list(data.WeightedRandomSampler(minigrad.tensor([1.0, 0.0, 3.0]), 8000)), minlength=3)
    np.testing.assert_allclose(drawn / 8000, [0.25, 0, 0.75], atol=0.03)


def test_splitting():
    parts = data.random_split(range(10), [3, 7])
    assert [len(part) for part in parts] == [3, 7]
    assert sorted(x for part in parts for x in part) == list(range(10))
    assert [len(part) for part in data.random_split(range(10), [0.35, 0.35, 0.3])] == [4, 3, 3]
    with pytest.raises(ValueError, match="must add up to 10"):
        data.random_split(range(10), [3, 3])


def test_collating_named_tuples():
    batch = data.default_collate([Point(1, 2.0), Point(3, 4.0)])
    assert type(batch) is Point
    assert batch.x.tolist() == [1, 3]


@pytest.mark.parametrize(
    "make",
    [
        lambda: data.DataLoader(range(3), shuffle=True, sampler=[0]),
        lambda: data.DataLoader(range(3), batch_size=2, batch_sampler=[[0]]),
        lambda: data.DataLoader(range(3), batch_size=0),
        lambda: data.DataLoader(range(3), num_workers=-1),
        lambda: data.DataLoader(Words(), shuffle=True),
        lambda: data.TensorDataset(minigrad.ones(2), minigrad.ones(3)),
        lambda: data.RandomSampler(range(3), num_samples=0),
        lambda: data.WeightedRandomSampler([-1.0], 1),
        lambda: data.ConcatDataset([]),
    ],
)
def test_misuse_is_named(make):
    with pytest.raises(ValueError, match=r"^\w+: "):
        make()


ELEMENTS = [
    1.5,
    (1, 2.0),
    [1, [2, "x"]],
    {"a": 1, "b": [1.0, np.float32(2)]},
    OrderedDict(b=1, a=np.ones(2)),
    defaultdict(list, a=True),
    UserList([1, 2]),
    Point(np.arange(3), (True, b"c")),
    MappingProxyType({"a": np.int8(1)}),
    np.zeros((2, 0), np.float16),
    np.bool_(True),
    range(3),
    "text",
    np.array(["a", "b"]),
    None,
]


def compared(value):
    """Kinds and numbers, to compare with PyTorch's; tensors are named by type and content."""
    if hasattr(value, "numpy"):
        return str(value.numpy().dtype), value.tolist()
    if isinstance(value, Mapping):
        return type(value), [(key, compared(x)) for key, x in value.items()]
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return type(value), [compared(x) for x in value]
    return value.tolist() if isinstance(value, np.ndarray) else value


@pytest.mark.parametrize("element", ELEMENTS, ids=lambda x: type(x).__name__)
def test_collating_and_converting_as_in_torch(element):
    torch = pytest.importorskip("torch", reason="PyTorch, to compare with, is not installed")
    ours, theirs = data.default_convert(element), torch.utils.data.default_convert(element)
    assert compared(ours) == compared(theirs)
    try:
        theirs = torch.utils.data.default_collate([element, element])
    except TypeError:
        with pytest.raises(TypeError, match="default_collate: a batch of"):
            data.default_collate([element, element])
    else:
        assert compared(data.default_collate([element, element])) == compared(theirs)


def test_rows_of_tensors_are_fetched_together_or_one_by_one_to_the_same_effect():
    tensors = minigrad.arange(6).reshape(3, 2), minigrad.tensor([0.5, 1.5, 2.5])

    class Doubled(data.TensorDataset):
        def __getitem__(self, index):
            x, y = super().__getitem__(index)
            return x * 2, y

    dataset = data.TensorDataset(*tensors)
    together, single = dataset.__getitems__([2, 0, -1]), [dataset[i] for i in (2, 0, -1)]
    assert [[plain(x) for x in row] for row in together] == [[plain(x) for x in row] for row in single]
    ((x, _),) = data.DataLoader(Doubled(*tensors), 3)  # what a subclass says holds
    assert x.tolist() == [[0, 2], [4, 6], [8, 10]]
    w = minigrad.ones(3, requires_grad=True)
    for (batch,) in data.DataLoader(data.TensorDataset(w), 2):
        (batch * 2).sum().backward()
    assert w.grad.tolist() == [2.0, 2.0, 2.0]
    with pytest.raises(RuntimeError, match="stack"):
        data.default_collate([minigrad.ones(2), minigrad.ones(3)])


def test_a_subset_fetches_several_at_once_if_its_data_set_can():
    class Rows(data.Dataset):
        def __getitems__(self, numbers):
            return [-i for i in numbers]

    subset = data.Subset(data.Subset(Rows(), [5, 6, 7, 8]), [3, 0, 1])
    assert [batch.tolist() for batch in data.DataLoader(subset, 2)] == [[-8, -5], [-6]]


def test_what_cannot_be_collated():
    with pytest.raises(TypeError, match="default_collate: a batch of object"):
        data.default_collate([object()])
    with pytest.raises(RuntimeError, match="different lengths"):
        data.default_collate([(1, 2), (3,)])
