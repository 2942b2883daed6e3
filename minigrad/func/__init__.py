"""Functions made of functions: gradients, Jacobians, products with them, and batches. PyTorch's `torch.func`.

Each takes a function of tensors, or of lists, tuples and dicts of them, and gives another function, which can be given
to the next: the Hessian is the Jacobian of the Jacobian. PyTorch runs a batch through at once, and finds some
derivatives going forward; here `vmap` calls the function once for each element, and all derivatives are found going
backward. The results are the same.

>>> import minigrad
>>> from minigrad.func import grad, vmap
>>> slope = grad(lambda x: x**3)
>>> vmap(slope)(minigrad.tensor([1.0, 2.0, 3.0]))
tensor([ 3., 12., 27.])
"""

from minigrad.func.batches import vmap
from minigrad.func.calling import functional_call, stack_module_state
from minigrad.func.derivatives import grad, grad_and_value, hessian, jacfwd, jacrev, jvp, vjp
