"""HTML as the tests read it: a tree of elements, each closed where it must be, without anything that could act."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

ATTRIBUTES = {"title", "style", "scope", "open", "sandbox", "width", "height", "srcdoc"}
TAGS = {"b", "caption", "details", "div", "iframe", "span", "summary", "table", "td", "th", "tr"}


@dataclass
class Element:
    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list["Element | str"] = field(default_factory=list)

    def all(self, tag: str) -> Iterator["Element"]:
        """The elements of this name inside, in their order."""
        for child in self.children:
            if isinstance(child, Element):
                if child.tag == tag:
                    yield child
                yield from child.all(tag)

    @property
    def text(self) -> str:
        return "".join(child if isinstance(child, str) else child.text for child in self.children)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.path = [Element("")]

    def handle_starttag(self, tag, attrs):
        assert tag in TAGS, f"<{tag}>"
        assert {name for name, _ in attrs} <= ATTRIBUTES, attrs
        self.path.append(Element(tag, dict(attrs)))
        self.path[-2].children.append(self.path[-1])

    def handle_endtag(self, tag):
        assert self.path.pop().tag == tag

    def handle_data(self, data):
        self.path[-1].children.append(data)

    def handle_comment(self, data):
        raise AssertionError(f"a comment: {data}")

    handle_decl = handle_pi = unknown_decl = handle_comment


def parsed(html: str) -> Element:
    """Read what a notebook is given, which may hold the tags and attributes above alone."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    (root,) = reader.path
    return root
