"""L-BFGS, a quasi-Newton method: it learns the curvature from how the gradient changed over its last steps."""

from collections.abc import Callable, Iterable
from typing import Any

from minigrad.autograd.modes import enable_grad, no_grad
from minigrad.creation import zeros_like
from minigrad.ops.joining import cat
from minigrad.optim.line_search import Point, WolfeSearch
from minigrad.optim.optimizer import Optimizer
from minigrad.tensor import Tensor


class LBFGS(Optimizer):
    """p ← p - t · H g, where H is an estimate of the inverse second derivative, from the last steps and gradients.

    Nocedal and Wright, "Numerical Optimization", 2006, algorithm 7.5. One `step` goes on for up to `max_iter`
    iterations, and calls the closure in each.

    Arguments:
        params: tensors; there can be but one group.
        lr: the step length t, or with a line search the first that is tried.
        max_iter: how many iterations a step has at most.
        max_eval: how often a step calls the closure at most, about; 1.25 · max_iter by default.
        tolerance_grad: stop where no element of the gradient is larger.
        tolerance_change: stop where no parameter, or not the loss, changes by more.
        history_size: how many of the last steps are remembered.
        line_search_fn: "strong_wolfe" to search for t (see `minigrad.optim.line_search`), None to take `lr`.

    >>> import minigrad
    >>> x = minigrad.tensor([-1.0, 1.0], requires_grad=True)
    >>> optimizer = minigrad.optim.LBFGS([x], line_search_fn="strong_wolfe")
    >>> def closure():
    ...     optimizer.zero_grad()
    ...     loss = (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2
    ...     loss.backward()
    ...     return loss
    >>> for _ in range(3):
    ...     loss = optimizer.step(closure)
    >>> minigrad.allclose(x, minigrad.ones(2), atol=1e-3)
    True
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ):
        if line_search_fn not in (None, "strong_wolfe"):
            raise RuntimeError(f"LBFGS: line_search_fn = {line_search_fn!r} is neither 'strong_wolfe' nor None")
        super().__init__(
            params,
            {
                "lr": lr,
                "max_iter": max_iter,
                "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
                "tolerance_grad": tolerance_grad,
                "tolerance_change": tolerance_change,
                "history_size": history_size,
                "line_search_fn": line_search_fn,
            },
        )
        if len(self.param_groups) != 1:
            raise ValueError(f"LBFGS: {len(self.param_groups)} parameter groups; it works with one alone")

    @no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Iterate until a limit or a tolerance is reached.

        Arguments:
            closure: a function that computes the loss and its gradients anew.

        Returns:
            What the closure returned at first.
        """
        if closure is None:
            raise TypeError("LBFGS.step: closure is missing; it must compute the loss and its gradients anew")
        group, state = self.param_groups[0], self.state[self.param_groups[0]["params"][0]]
        closure = enable_grad()(closure)
        first = closure()
        loss, g, evaluations = float(first), self._gradient(), 1
        state["func_evals"] = state.get("func_evals", 0) + 1
        state.setdefault("n_iter", 0)
        for iteration in range(1, group["max_iter"] + 1):
            if _largest(g) <= group["tolerance_grad"]:
                break
            state["n_iter"] += 1
            _look_back(state, g, group["history_size"])
            d = state["d"] = -_times_inverse(state, g)
            state["t"] = group["lr"] * (min(1.0, 1 / g.abs().sum().item()) if state["n_iter"] == 1 else 1)
            state["prev_flat_grad"], state["prev_loss"] = g, loss
            slope = g.dot(d).item()
            if slope > -group["tolerance_change"]:
                break
            start = Point(0.0, loss, slope, g)
            last = iteration == group["max_iter"]
            state["t"], loss, g, calls = self._move(closure, start, d, state["t"], last)
            evaluations += calls
            state["func_evals"] += calls
            if (
                evaluations >= group["max_eval"]
                or _largest(d * state["t"]) <= group["tolerance_change"]
                or abs(loss - start.loss) < group["tolerance_change"]
            ):
                break
        return first

    def _move(
        self, closure: Callable[[], Any], start: Point, d: Tensor, t: float, last: bool
    ) -> tuple[float, float, Tensor, int]:
        """Go along `d`.

        Returns:
            How far, loss and gradient there, and how often the closure was called. Without a line search both are
            left as they were in the last iteration, since nobody would look at them.
        """
        origin = [p.detach().clone() for p in self._parameters()]

        def evaluate(t: float) -> Point:
            self._go(origin, d, t)
            loss, g = float(closure()), self._gradient()
            return Point(t, loss, g.dot(d).item(), g)

        if self.param_groups[0]["line_search_fn"]:
            search = WolfeSearch(evaluate, start, _largest(d))
            found = search.run(t)
            self._go(origin, d, found.t)
            return found.t, found.loss, found.gradient, search.evaluations
        if last:
            self._go(origin, d, t)
            return t, start.loss, start.gradient, 0
        found = evaluate(t)
        return t, found.loss, found.gradient, 1

    def _gradient(self) -> Tensor:
        """All gradients in a row."""
        return cat([(zeros_like(p) if p.grad is None else p.grad).detach().flatten() for p in self._parameters()])

    def _go(self, origin: list[Tensor], d: Tensor, t: float) -> None:
        """Set the parameters to a point t along `d`."""
        start = 0
        for p, x in zip(self._parameters(), origin, strict=True):
            p.copy_(x + t * d[start : start + p.numel()].reshape(p.shape))
            start += p.numel()


def _largest(x: Tensor) -> float:
    return x.abs().max().item()


def _look_back(state: dict[str, Any], g: Tensor, history_size: int) -> None:
    """Remember the last step, and how it changed the gradient, unless the curvature along it is not positive."""
    if state["n_iter"] == 1:
        state.update(old_dirs=[], old_stps=[], ro=[], H_diag=1)
        return
    y, s = g - state["prev_flat_grad"], state["d"] * state["t"]
    curvature = y.dot(s).item()
    if curvature <= 1e-10:
        return
    for name, value in (("old_dirs", y), ("old_stps", s), ("ro", 1 / curvature)):
        state[name].append(value)
        del state[name][:-history_size]
    state["H_diag"] = curvature / y.dot(y).item()  # equation 7.20


def _times_inverse(state: dict[str, Any], g: Tensor) -> Tensor:
    """The estimate of the inverse second derivative, times g, by two loops (algorithm 7.4)."""
    history = list(zip(state["old_stps"], state["old_dirs"], state["ro"], strict=True))
    q, alphas = g, []
    for s, y, rho in reversed(history):
        alphas.append(rho * s.dot(q).item())
        q = q - alphas[-1] * y
    q = q * state["H_diag"]
    for (s, y, rho), alpha in zip(history, reversed(alphas), strict=True):
        q = q + s * (alpha - rho * y.dot(q).item())
    return q
