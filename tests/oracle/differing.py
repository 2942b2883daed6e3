"""Where PyTorch's answer to a generated input is not to be had, op by op, each with its reason.

An entry says whose NaN may stand for any number: PyTorch's ("theirs"), minigrad's ("ours"), or the NaN of "either".
Everything else about the op is compared: the numbers where neither has NaN, shapes and types. Where PyTorch's NaN
comes of the way that it computes, minigrad gives the limit, or leaves out what has no influence.
"""

RESULT, GRADIENT, SECOND = "result", "gradient", "second gradient"

_LENGTH_0 = "a vector of length 0 is divided by its length"
_LEFT_OUT = "what a mask leaves out is infinite or NaN, and multiplied by 0"
_OVERFLOW = "an intermediate number overflows"
_ZETA = "ψ″ and further derivatives are NaN at ∞, where they are 0"
_ORDER = "sums and products of infinities in another order"
_FORMULA = "another formula for the same: ∞ - ∞ or 0 · ∞ arises in one of the two"

# At places where a function has no derivative, whatever the input.
AT_KINKS = {
    ("atan2", SECOND): ("theirs", "at the origin, 0 / 0"),
    ("cosine_similarity", SECOND): ("theirs", _LENGTH_0),
    ("float_power", SECOND): ("theirs", _LEFT_OUT),  # the logarithm of 0
    ("gelu", SECOND): ("theirs", _OVERFLOW),  # x²
    ("linalg.norm", SECOND): ("theirs", _LENGTH_0),
    ("logaddexp", SECOND): ("theirs", _OVERFLOW),  # e^x
    ("logit", SECOND): ("theirs", _LEFT_OUT),  # beyond the bounds
    ("mish", SECOND): ("theirs", _OVERFLOW),  # e^x
    ("norm", SECOND): ("theirs", _LENGTH_0),
    ("normalize", SECOND): ("theirs", _LENGTH_0),
    ("poisson_nll_loss", GRADIENT): ("theirs", _LEFT_OUT),  # the logarithms of targets up to 1
    ("poisson_nll_loss", SECOND): ("theirs", _LEFT_OUT),
    ("pow", SECOND): ("theirs", _LEFT_OUT),  # the logarithm of 0
    ("std", SECOND): ("theirs", _LENGTH_0),  # the root of 0
    ("std_mean", SECOND): ("theirs", _LENGTH_0),
    ("vector_norm", SECOND): ("theirs", _LENGTH_0),
}

# Where some of the input is infinite or NaN.
AT_INFINITIES = {
    ("addcdiv", SECOND): ("theirs", _FORMULA),
    ("batch_norm", RESULT): ("theirs", "x · (w / σ) + (b - μ · w / σ), in which an infinite w or b gives ∞ - ∞"),
    ("batch_norm", GRADIENT): ("ours", _ORDER),
    ("batch_norm", SECOND): ("ours", _ORDER),
    ("bilinear", SECOND): ("theirs", "PyTorch multiplies in the order that is shortest"),
    ("binary_cross_entropy_with_logits", GRADIENT): ("either", _FORMULA),
    ("binary_cross_entropy_with_logits", SECOND): ("either", _FORMULA),
    ("cdist", GRADIENT): ("theirs", _LEFT_OUT),
    ("celu", SECOND): ("theirs", "in place PyTorch differentiates by the result, which is NaN"),
    ("conv1d", RESULT): ("ours", "minigrad multiplies the weights by the zeros of the padding"),
    ("conv1d", SECOND): ("ours", "minigrad multiplies the weights by the zeros of the padding"),
    ("conv_transpose1d", GRADIENT): ("ours", "minigrad multiplies the input by the zeros where the output was cut"),
    ("cosine_similarity", GRADIENT): ("theirs", _LENGTH_0),
    ("cross_entropy", RESULT): ("theirs", "an impossible class of probability 0 adds 0 · ∞: see docs/differences.md"),
    ("cross_entropy", SECOND): ("ours", _ORDER),
    ("cumprod", GRADIENT): ("theirs", "PyTorch divides by the element, minigrad multiplies the others"),
    ("cumprod", SECOND): ("either", _ORDER),
    ("cumsum", GRADIENT): ("theirs", "the case has a `cumprod` too"),
    ("cumsum", SECOND): ("either", "the case has a `cumprod` too"),
    ("digamma", SECOND): ("theirs", _ZETA),
    ("elu", SECOND): ("theirs", "in place PyTorch differentiates by the result, which is NaN"),
    ("gamma's", SECOND): ("theirs", _ZETA),
    ("glu", SECOND): ("ours", "s · (1 - 2s) there, s · (1 - s) - s · s here"),
    ("group_norm", RESULT): ("theirs", "x · (w / σ) + (b - μ · w / σ), in which an infinite w or b gives ∞ - ∞"),
    ("group_norm", GRADIENT): ("ours", _ORDER),
    ("group_norm", SECOND): ("either", _ORDER),
    ("layer_norm", GRADIENT): ("theirs", _ORDER),
    ("layer_norm", SECOND): ("ours", _ORDER),
    ("logcumsumexp", GRADIENT): ("theirs", "PyTorch computes the logarithm of a gradient"),
    ("logcumsumexp", SECOND): ("theirs", "PyTorch computes the logarithm of a gradient"),
    ("matrix_norm", SECOND): ("ours", _ORDER),
    ("mse_loss", SECOND): ("theirs", _ORDER),
    ("nansum", GRADIENT): ("theirs", "the case has a `nanmean` too: see docs/differences.md"),
    ("nanmean", GRADIENT): ("theirs", "where all is NaN: see docs/differences.md"),
    ("normalize", GRADIENT): ("theirs", _LENGTH_0),
    ("pairwise_distance", GRADIENT): ("ours", "of a largest distance that is NaN the gradient is 0 in PyTorch"),
    ("pairwise_distance", SECOND): ("ours", "of a largest distance that is NaN the gradient is 0 in PyTorch"),
    ("polygamma", RESULT): ("theirs", _ZETA),
    ("polygamma", GRADIENT): ("theirs", _ZETA),
    ("polygamma", SECOND): ("theirs", _ZETA),
    ("pow", GRADIENT): ("theirs", "x^-½ as one over a root, which is NaN at -∞; x^-½ itself is 0"),
    ("prod", GRADIENT): ("theirs", "PyTorch divides by the element, minigrad multiplies the others"),
    ("prod", SECOND): ("either", _ORDER),
    ("RNN", GRADIENT): ("ours", "minigrad multiplies an infinite gradient by the 0 of relu's derivative"),
    ("RNN", SECOND): ("either", _ORDER),
    ("selu", SECOND): ("theirs", "in place PyTorch differentiates by the result"),
    ("soft_margin_loss", GRADIENT): ("theirs", _OVERFLOW),  # e^x
    ("soft_margin_loss", SECOND): ("theirs", _OVERFLOW),
    ("std_mean", RESULT): ("theirs", "PyTorch's running mean of an infinity is NaN"),
    ("trigamma", GRADIENT): ("theirs", _ZETA),
    ("triplet_margin_with_distance_loss", SECOND): ("ours", _ORDER),
    ("var_mean", RESULT): ("theirs", "PyTorch's running mean of an infinity is NaN"),
    ("vector_norm", GRADIENT): ("either", "of a largest element that is NaN the gradient is 0 in PyTorch"),
    ("vector_norm", SECOND): ("ours", "of a largest element that is NaN the gradient is 0 in PyTorch"),
}


def whose_nan(op: str, part: str, finite: bool) -> str:
    """Whose NaN may stand for any number: "theirs", "ours", "either", or "" for nobody's."""
    sides = {table[op, part][0] for table in (AT_KINKS, *([] if finite else [AT_INFINITIES])) if (op, part) in table}
    return "either" if len(sides) > 1 else "".join(sides)
