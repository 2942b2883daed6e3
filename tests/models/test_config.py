import dataclasses

import pytest

from models.config import Config, UsageError


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"task": "sort"}, "task = 'sort' is unknown; copy or reverse"),
        ({"positions": "fourier"}, "positions = 'fourier' is unknown; sinusoidal, learned, rotary, alibi or none"),
        ({"d_model": 30, "heads": 4}, "d_model = 30 is not divisible by heads = 4"),
        ({"layers": 0}, "layers = 0 must be 1 or more"),
        ({"batch": -1}, "batch = -1 must be 1 or more"),
        ({"lr": 0.0}, "lr = 0.0 must be above 0"),
        ({"lr": float("nan")}, "lr = nan must be above 0"),
        ({"dropout": 1.0}, "dropout = 1.0 must be 0 or more and below 1"),
        ({"min_length": 5, "max_length": 4}, "min_length = 5 must not be above max_length = 4"),
        ({"seed": -1}, "seed = -1"),
        ({"layers": "2"}, "layers = '2' must be of type int"),
        ({"layers": True}, "layers = True must be of type int"),
    ],
)
def test_settings_that_cannot_be_are_named(settings, words):
    with pytest.raises(UsageError, match=words):
        Config(**settings)


def test_settings_survive_the_file():
    config = Config(task="copy", lr=0.5, layers=3)
    assert Config.from_json(config.to_json()) == config


@pytest.mark.parametrize(
    ("text", "words"),
    [("{", "not JSON"), ("[1]", "not a JSON object"), ('{"size": 3}', "unknown settings: size")],
)
def test_damaged_settings_are_refused(text, words):
    with pytest.raises(UsageError, match=words):
        Config.from_json(text)


def test_every_setting_has_a_help_text():
    assert all(f.metadata["help"] for f in dataclasses.fields(Config))
