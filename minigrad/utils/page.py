"""Pages of HTML that hold everything they need and may fetch nothing.

The browser is told so in a content-security policy: no address at all, and of scripts and styles only those whose
hashes stand there. What users named is data, never markup.
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from minigrad.utils.markup import escape


def self_contained(template: Path, styles: Iterable[Path], scripts: Iterable[Path], title: str, data: Any) -> str:
    """Put a page together.

    Arguments:
        template: HTML with {policy}, {title}, {style}, {script} and {data}, the last inside a script element of the
            type application/json.
        styles, scripts: files that are run into one each.
        title: of the page.
        data: what the scripts read, as JSON can hold it.

    Returns:
        The HTML.
    """
    style, script = joined(styles), joined(scripts)
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    parts = {
        "policy": policy,
        "title": escape(title),
        "style": style,
        "script": script,
        "data": _encodable(to_json(data).replace("<", "\\u003c")),
    }
    return re.sub(r"\{(\w+)\}", lambda found: parts[found[1]], template.read_text(encoding="utf-8"))


def joined(files: Iterable[Path]) -> str:
    """Files run into one, without indentation and without lines that are comments."""
    lines = [line.strip() for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    return "\n".join(line for line in lines if line and not line.startswith("//"))


def to_json(data: Any) -> str:
    """JSON without spaces.

    >>> to_json({"a": [1, 2.5]})
    '{"a":[1,2.5]}'
    """
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _encodable(text: str) -> str:
    """Text that UTF-8 can hold: halves of characters are written as such."""
    return text.encode("utf-8", "backslashreplace").decode()


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
