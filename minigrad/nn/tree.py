"""How a notebook shows a module: a tree to be opened, with what each module holds and how many numbers it learns."""

from typing import Any

from minigrad.utils.markup import CODE, FAINT, FONT, PLAIN, element, escape

INSIDE = "margin-left:5px;padding-left:16px;border-left:1px solid #8886"


def html_of(module: Any) -> str:
    """What a notebook shows of a module: its submodules inside each other, the outermost open."""
    return element("div", _branch("", module, "training mode" if module.training else "eval mode", opened=True), FONT)


def _branch(name: str, module: Any, mode: str = "", opened: bool = False) -> str:
    """A module, and what is inside it; an only child is open where its parent is."""
    where = f"({escape(name)}) " if name else ""
    settings = ", ".join(module.extra_repr().splitlines())
    facts = [" · " + fact for fact in (_counted([*module.parameters()]), mode) if fact]
    line = f"{where}<b>{escape(type(module).__name__)}</b>({escape(settings)}){element('span', ''.join(facts), FAINT)}"
    children = list(module._held())
    inside = _own(module) + "".join(
        _branch(called, child, opened=opened and len(children) == 1) for called, child in children
    )
    if not inside:
        return element("div", line, "padding-left:15px")
    branch = element("summary", line, "cursor:pointer") + element("div", inside, INSIDE)
    return element("details", branch, open="open") if opened else element("details", branch)


def _counted(parameters: list[Any]) -> str:
    """How many numbers there are to learn, and whether they are learnt; those that are shared count once."""
    total, trained = sum(p.array.size for p in parameters), sum(p.array.size for p in parameters if p.requires_grad)
    if not all(map(_shape, parameters)):
        return f"{total:,} parameters and more whose shape is not known yet" if total else "shapes not known yet"
    if not total:
        return ""
    learnt = "trainable" if trained == total else f"{trained:,} trainable" if trained else "frozen"
    return f"{total:,} parameter{'s' * (total > 1)}, {learnt}"


def _own(module: Any) -> str:
    """The parameters and buffers of a module itself, a row each."""
    held = [
        *((name, p, "trainable" if p.requires_grad else "frozen") for name, p in module.named_parameters("", False)),
        *((name, buffer, "buffer") for name, buffer in module.named_buffers("", False)),
    ]
    rows = [(name, _shape(x) or "not known yet", str(x.array.dtype), what) for name, x, what in held]
    lines = [element("tr", "".join(map(_cell, row)), PLAIN) for row in rows]
    return element("table", "".join(lines), f"{CODE};margin:0;border-collapse:collapse") if lines else ""


def _cell(text: str) -> str:
    return element("td", escape(text), "padding:0 14px 0 0;text-align:left")


def _shape(parameter: Any) -> str:
    """As it is printed; nothing for a parameter of a lazy layer, which has none yet."""
    try:
        return str(parameter.shape)
    except RuntimeError:
        return ""
