"""Finds words of a template that a visitor sees and no translator does."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from jinja2 import Environment, nodes

SEEN = {"alt", "title", "aria-label", "placeholder", "aria-description", "aria-roledescription", "aria-valuetext", "label"}
# Names, formats and units, which are the same in all six languages; PINAKES_… and paths are typed as they are.
SAME = {
    "Pinakes", "UTC", "CSV", "JSON", "JSON-LD", "ZIP", "IIIF", "MB", "KB", "ms", "cm", "px", "p50", "p95", "Recall", "API",
}  # fmt: skip
WORD = re.compile(r"[^\W\d_][\w’'-]+")
ADDRESS = re.compile(r"\S*[/=?]\S*\w\S*|\w+://")  # of a page or a file


class Reader(HTMLParser):
    """Collects the texts of a page: between tags, and in the attributes that are shown or read out."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.silent = 0  # inside elements that hold code

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in ("script", "style")
        named = dict(attrs)
        described = tag == "meta" and (named.get("name") or named.get("property") or "").endswith("description")
        for name, value in attrs:
            if value and (name in SEEN or (described and name == "content")):
                self.texts.append(value)

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in ("script", "style") and self.silent > 0

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.texts.append(data)


def bare_words(source: str, environment: Environment, plain: bool = False) -> list[str]:
    """The texts of a template that hold a word outside `_()` and `ngettext()`; `plain` is a mail's text, no HTML."""
    tree = environment.parse(source)
    for block in tree.find_all(nodes.Block):
        if block.name.endswith("_class"):
            block.body = []
    page, constants = _rendered(tree)
    reader = Reader()
    if plain:
        reader.texts.append(page)
    else:
        reader.feed(page)
        reader.close()
    spoken = [re.sub(r"\ue000(\d+)\ue001", lambda found: f" {constants[int(found[1])]} ", text) for text in reader.texts]
    return [" ".join(text.split()) for text in spoken if any(word not in SAME for word in WORD.findall(ADDRESS.sub("", text)))]


def _rendered(tree: nodes.Template) -> tuple[str, list[str]]:
    """The template with every branch taken; each expression is a mark whose constants are listed apart."""
    parts: list[str] = []
    constants: list[str] = []
    for output in tree.find_all(nodes.Output):
        for node in output.nodes:
            if isinstance(node, nodes.TemplateData):
                parts.append(node.data)
            else:
                constants.append(" ".join(_said(node)))
                parts.append(f"\ue000{len(constants) - 1}\ue001")
    return "".join(parts), constants


def _said(node: nodes.Node) -> list[str]:
    """Constant strings that an expression may come to: not those that a function, a filter or a comparison takes."""
    if isinstance(node, nodes.Const):
        return [node.value] if isinstance(node.value, str) else []
    if isinstance(node, nodes.CondExpr):
        return _said(node.expr1) + (_said(node.expr2) if node.expr2 else [])
    if isinstance(node, nodes.Concat):
        return [text for part in node.nodes for text in _said(part)]
    if isinstance(node, nodes.Or | nodes.And | nodes.Add):
        return _said(node.left) + _said(node.right)
    return []
