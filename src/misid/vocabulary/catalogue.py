"""Every sentence of the pages, by key: ``say("run.rules.lost", n=5.2)``.

A language is a folder of TOML files beside this module.  The first part of a key is a file, the rest a path in it.  A
message names its values in braces, ``{n}``; a number is written as `misid.vocabulary.numbers` writes it, and
``{share:percent}`` asks for another form.  A message with the forms ``one`` and ``other`` is chosen by ``n`` as it
reads.  A module that stands alone, such as a question of one's own, may bring its sentences with `add`.
"""

from __future__ import annotations

import functools
import string
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from importlib import resources
from typing import Any

from misid.vocabulary.shown import isolated

Text = str | Mapping[str, str]
_ADDED: dict[str, dict[str, Text]] = {}
_LANGUAGE: ContextVar[str] = ContextVar("language", default="en")
_CHANGED: ContextVar[Callable[[str, str], str] | None] = ContextVar("changed", default=None)
_PARSER = string.Formatter()


def say(key: str, /, **values: Any) -> str:
    """Return a sentence in the language in force.

    Parameters
    ----------
    key : str
        ``file.section.name``.
    **values
        What its braces name: words, numbers, or lists of words.  ``n`` chooses between ``one`` and ``other``.

    Raises
    ------
    KeyError
        If there is no such message, or it names a value that is not given.
    """
    from misid.vocabulary.numbers import FORMATS  # which takes its words from here

    parts = []
    for literal, field in pieces(key, values.get("n")):
        parts.append(literal)
        if field:
            name, _, form = field.partition(":")
            value = values[name]
            parts.append(isolated(value) if isinstance(value, str) and not form else FORMATS[form](value))
    return "".join(parts)


def pieces(key: str, n: Any = None) -> list[tuple[str, str]]:
    """Return a message as text and the field after each (``name`` or ``name:form``; empty after the last)."""
    found, change = _parsed(_text(key, n)), _CHANGED.get()
    return [(change(key, literal) if literal else "", field) for literal, field in found] if change else list(found)


def add(language: str, file: str, messages: Mapping[str, Text]) -> None:
    """Bring the sentences of a module that stands alone, under a file name of its own."""
    _ADDED.setdefault(f"{language}/{file}", {}).update(messages)
    _messages.cache_clear()
    marks.cache_clear()


@contextmanager
def speaking(language: str = "en", change: Callable[[str, str], str] | None = None) -> Iterator[None]:
    """Say everything within in another language, or changed: ``change(key, literal text)`` returns what stands there."""
    tokens = _LANGUAGE.set(language), _CHANGED.set(change)
    try:
        yield
    finally:
        _LANGUAGE.reset(tokens[0])
        _CHANGED.reset(tokens[1])


def keys(language: str = "en") -> dict[str, Text]:
    """Return all messages of a language by key."""
    files = [entry.name for entry in resources.files("misid.vocabulary").joinpath(language).iterdir()]
    names = {name.removesuffix(".toml") for name in files if name.endswith(".toml")}
    names |= {name.partition("/")[2] for name in _ADDED if name.startswith(f"{language}/")}
    return {f"{file}.{path}": text for file in sorted(names) for path, text in _messages(language, file).items()}


@functools.cache
def _parsed(text: str) -> tuple[tuple[str, str], ...]:
    found = _PARSER.parse(text)
    return tuple((literal, f"{name or ''}:{form}" if form else name or "") for literal, name, form, _ in found)


@functools.cache
def marks(language: str) -> tuple[str, str]:
    """Return the mark between groups of digits, and the decimal mark."""
    with speaking(language):
        return say("number.group"), say("number.decimal")


def language() -> str:
    """Return the language in force."""
    return _LANGUAGE.get()


def _text(key: str, n: Any) -> str:
    file, _, path = key.partition(".")
    text = _messages(_LANGUAGE.get(), file)[path]
    if isinstance(text, str):
        return text
    from misid.vocabulary.numbers import as_it_reads

    if n is None:
        raise KeyError(f"the message {key!r} has a singular and a plural, and is given no n")
    return text["one" if as_it_reads(n) == "1" else "other"]


@functools.cache
def _messages(language: str, file: str) -> dict[str, Text]:
    # What a language has no words for yet is said in English.
    found: dict[str, Text] = {} if language == "en" else dict(_messages("en", file))
    source = resources.files("misid.vocabulary").joinpath(f"{language}/{file}.toml")
    if source.is_file():
        _flatten(tomllib.loads(source.read_text("utf-8")), "", found)
    return found | _ADDED.get(f"{language}/{file}", {})


def _flatten(table: Mapping[str, Any], path: str, found: dict[str, Text]) -> None:
    for name, inner in table.items():
        if isinstance(inner, Mapping) and inner.keys() - {"one", "other"}:
            _flatten(inner, f"{path}{name}.", found)
        else:
            found[f"{path}{name}"] = inner
