"""Pages as a browser would read them, and findings whose every word is an attack."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from html.parser import HTMLParser

from misid.quantities import Conditions, Estimate

HOSTILE = "</script></style><img src=x onerror=alert(1)><!--&\"'\u2028{{ 7 * 7 }}"


class Page(HTMLParser):
    """What a browser would make of the page: elements in order, text, and the text of each script and style."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.raw: list[tuple[dict[str, str | None], str]] = []
        self.inside = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self.inside = tag
        if tag == "script":
            self.raw.append((dict(attrs), ""))

    def handle_endtag(self, tag):
        self.inside = ""

    def handle_data(self, data):
        if self.inside == "script":
            attrs, text = self.raw[-1]
            self.raw[-1] = (attrs, text + data)
        elif self.inside != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())

    def ids(self) -> list[str]:
        return [attrs["id"] for _, attrs in self.elements if "id" in attrs]


def hostile(thing):
    """The same object with hostile words in every text field that is not a code of ours."""
    if isinstance(thing, Estimate):
        return replace(thing, unit=HOSTILE, method=HOSTILE, conditions=Conditions(gallery=HOSTILE, image_kind=HOSTILE))
    if is_dataclass(thing):
        kept = {"kind", "id", "tone", "number"}
        return replace(thing, **{f.name: hostile(getattr(thing, f.name)) for f in fields(thing) if f.name not in kept})
    if isinstance(thing, str):
        return HOSTILE
    if isinstance(thing, dict):
        return {key if key.islower() and " " not in key else HOSTILE: hostile(value) for key, value in thing.items()}
    if isinstance(thing, tuple):
        return tuple(hostile(x) for x in thing)
    return thing
