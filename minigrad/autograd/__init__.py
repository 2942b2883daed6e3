"""How gradients flow. Knows nothing of particular ops: those are declared in `minigrad.ops`, by `primitive`."""

from minigrad.autograd import functional
from minigrad.autograd.anomaly import detect_anomaly
from minigrad.autograd.backward import backward, grad
from minigrad.autograd.function import Function
from minigrad.autograd.gradcheck import GradcheckError, gradcheck, gradgradcheck
from minigrad.autograd.modes import enable_grad, inference_mode, is_grad_enabled, no_grad, set_grad_enabled
from minigrad.autograd.scope import Scope, scope
