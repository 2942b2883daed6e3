"""PyTorch's path to what averages models, and to its schedule."""

from minigrad.optim.lr_scheduler.swa import SWALR
from minigrad.utils.averaging import (
    AveragedModel,
    get_ema_avg_fn,
    get_ema_multi_avg_fn,
    get_swa_avg_fn,
    get_swa_multi_avg_fn,
    update_bn,
)
