"""Which model a config asks for."""

from models.config import Config
from models.model import SequenceModel
from models.rnn import RecurrentModel
from models.transformer import Transformer


def build(config: Config) -> SequenceModel:
    """A new model, with weights from the default generator.

    >>> type(build(Config(model="rnn"))).__name__
    'RecurrentModel'
    """
    return Transformer(config) if config.model == "transformer" else RecurrentModel(config)
