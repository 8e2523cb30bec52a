"""The linear-time engine (RE2) behind every pattern that meets a whole log: bytes only, typed here once."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol, cast

import re2


class Match(Protocol):
    def start(self) -> int: ...
    def end(self) -> int: ...
    def span(self, group: int = 0) -> tuple[int, int]: ...  # (-1, -1) for a group that took no part


class Pattern(Protocol):
    """Offsets are byte offsets: for `str`, RE2's Python wrapper would map them to characters, slowly."""

    @property
    def programsize(self) -> int: ...
    def search(self, text: bytes, pos: int = 0, endpos: int | None = None) -> Match | None: ...
    def finditer(self, text: bytes, pos: int = 0, endpos: int | None = None) -> Iterator[Match]: ...


class _Options(Protocol):
    log_errors: bool
    never_nl: bool
    max_mem: int


class _Set(Protocol):
    Add: Callable[[bytes], int]
    Compile: Callable[[], None]
    Match: Callable[[bytes], list[int] | None]


class _SetFactory(Protocol):
    SearchSet: Callable[[_Options], _Set]


class _Engine(Protocol):
    """What is used of google-re2, which ships no types."""

    Set: _SetFactory
    Options: Callable[[], _Options]
    compile: Callable[[bytes, _Options], Pattern]
    escape: Callable[[bytes], bytes]
    error: type[Exception]


_MAX_MEM = 32 << 20  # bytes of a pattern's states: out of them RE2 falls back to an engine a hundred times as slow

_re2 = cast(_Engine, cast(object, re2))


def compile(pattern: str, *, one_line: bool = False) -> Pattern:
    """With `one_line`, `^` and `$` stand at line ends and nothing matches across a line break.

    ValueError with RE2's reason for what it cannot compile."""
    source = f"(?m:{pattern})" if one_line else pattern
    try:
        return _re2.compile(source.encode(), _options(one_line))
    except _re2.error as error:
        reason: object = error.args[0] if error.args else ""
        raise ValueError(reason.decode() if isinstance(reason, bytes) else str(reason)) from None


def literals(values: Iterable[bytes]) -> Pattern:
    """Any of `values`, as they stand; the earlier one wins where two start at one place."""
    return _re2.compile(b"|".join(_re2.escape(value) for value in values), _options(one_line=False))


class Set:
    """Several patterns matched in one pass over a line."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self._set = _re2.Set.SearchSet(_options(one_line=True))
        for pattern in patterns:
            self._set.Add(f"(?m:{pattern})".encode())
        self._set.Compile()

    def match(self, line: bytes) -> list[int]:
        """The indices of the patterns found, in no order."""
        return self._set.Match(line) or []


def _options(one_line: bool) -> _Options:
    options = _re2.Options()
    options.max_mem = _MAX_MEM
    options.log_errors = False  # RE2 would write to stderr, which hosts show to their users
    options.never_nl = one_line
    return options
