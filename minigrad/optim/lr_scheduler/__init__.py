"""Learning rates that change as training goes on: call `step()` after each `optimizer.step()`."""

from minigrad.optim.lr_scheduler.cycles import CosineAnnealingWarmRestarts, CyclicLR
from minigrad.optim.lr_scheduler.factors import (
    ConstantLR,
    CosineAnnealingLR,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    MultiplicativeLR,
    MultiStepLR,
    PolynomialLR,
    StepLR,
)
from minigrad.optim.lr_scheduler.one_cycle import OneCycleLR
from minigrad.optim.lr_scheduler.plateau import ReduceLROnPlateau
from minigrad.optim.lr_scheduler.scheduler import LRScheduler
from minigrad.optim.lr_scheduler.together import ChainedScheduler, SequentialLR

_LRScheduler = LRScheduler  # its name in older code
