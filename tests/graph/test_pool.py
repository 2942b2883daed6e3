"""The arrays of a page: whatever is written once or as a part of something else is read back as it was."""

import base64

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from minigrad.graph.explorer.pool import WORTH, Pool, pooled

RNG = np.random.default_rng(0)
MATRIX = RNG.standard_normal((96, 32)).astype(np.float32)


def read(pool: Pool, place: int) -> bytes:
    """As the page reads an entry."""
    entry = pool.entries[place]
    if isinstance(entry, str):
        return base64.b64decode(entry)
    before, other, start, length, after = entry
    part = read(pool, other)[start : start + length] if length else b""
    return bytes(before) + part + bytes(after)


def padded(start: int, stop: int) -> bytes:
    whole = np.zeros_like(MATRIX)
    whole[start:stop] = MATRIX[start:stop]
    return whole.tobytes()


@given(st.lists(st.tuples(st.integers(0, 96), st.integers(0, 96), st.booleans()), max_size=6))
def test_every_array_is_read_back(parts):
    arrays = [MATRIX.tobytes(), b"", *(padded(*p[:2]) if p[2] else MATRIX[p[0] : p[1]].tobytes() for p in parts)]
    pool = Pool(arrays)
    assert [read(pool, pool.place(array)) for array in arrays] == arrays


def test_slices_and_slices_padded_with_zeros_take_no_room():
    slices = [MATRIX[i : i + 32].tobytes() for i in (0, 32, 64)]
    pool = Pool([*slices, *(padded(i, i + 32) for i in (0, 32, 64)), MATRIX.tobytes(), bytes(MATRIX.nbytes)])
    assert sum(isinstance(entry, str) for entry in pool.entries) == 1
    assert pool.size < 1.4 * MATRIX.nbytes


def test_the_sum_of_parts_is_written_and_not_the_parts():
    """All of the same length: the one with the fewest zeros comes first."""
    pool = Pool([padded(0, 48), padded(48, 96), MATRIX.tobytes()])
    assert isinstance(pool.entries[pool.place(MATRIX.tobytes())], str)
    assert isinstance(pool.entries[pool.place(padded(0, 48))], list)


def test_what_is_small_is_not_looked_for():
    small = MATRIX.tobytes()[: WORTH - 4]
    assert all(isinstance(entry, str) for entry in Pool([small, MATRIX.tobytes()]).entries)


def test_json_gets_places():
    text = base64.b64encode(MATRIX.tobytes()).decode()
    whole = {"shape": [96, 32], "dtype": "float32", "low": 1.0, "data": text}
    content, pool = pooled({"nodes": [whole, {"low": 1.0, "thumbnail": {"shape": [96, 32], "data": text}}]})
    found = {"shape": [96, 32], "dtype": "float32", "data": 0}
    assert content == {"nodes": [found, {"low": 1.0, "thumbnail": {"shape": [96, 32], "data": 0}}]}
    assert pool.entries == [text]
