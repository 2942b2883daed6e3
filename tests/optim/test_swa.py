"""Averages of models: by hand. PyTorch's numbers are in tests/oracle."""

import minigrad
from minigrad import nn
from minigrad.optim import swa_utils


def test_means_and_exponential_averages():
    model = nn.Linear(1, 1, bias=False)
    mean, forgetful = (
        swa_utils.AveragedModel(model),
        swa_utils.AveragedModel(model, avg_fn=swa_utils.get_ema_avg_fn(0.5)),
    )
    for value in (4.0, 2.0, 0.0):
        nn.init.constant_(model.weight, value)
        mean.update_parameters(model)
        forgetful.update_parameters(model)
    assert mean.module.weight.item() == 2.0
    assert forgetful.module.weight.item() == 1.5
    assert mean.n_averaged.item() == 3
    assert model.weight.item() == 0.0


def test_an_average_is_saved_and_goes_on():
    model = nn.Linear(1, 1, bias=False)
    averaged, other = swa_utils.AveragedModel(model), swa_utils.AveragedModel(model)
    nn.init.constant_(model.weight, 3.0)
    averaged.update_parameters(model)
    other.load_state_dict(averaged.state_dict())
    nn.init.constant_(model.weight, 5.0)
    other.update_parameters(model)
    assert other.module.weight.item() == 4.0


def test_batch_normalisation_is_told_of_all_batches():
    model = nn.Sequential(nn.BatchNorm1d(1))
    swa_utils.update_bn([minigrad.tensor([[1.0], [3.0]]), minigrad.tensor([[5.0], [7.0]])], model)
    assert model[0].running_mean.item() == 4.0
    assert model[0].running_var.item() == 2.0
    assert model[0].momentum == 0.1
