"""Texts that name tools, adapted to a server that does not offer all of them."""

import re
from collections.abc import Callable, Collection

_CHOICE = re.compile(r"\[\[(.*?)\]\]", re.DOTALL)
_TOOL = re.compile(r"\b(?:list|get|create|update|stop|delete|check|wait|diagnose|compare|clone)_[a-z_]+")
_ITEM = re.compile(r"(?m)^(?=(?:\d+\.|-) )")  # start of an item of a list; an item can have several lines
_NUMBER = re.compile(r"(?m)^\d+(?=\. )")


def tools_in(text: str) -> set[str]:
    """The words in a text that have the form of tool names."""
    return set(_TOOL.findall(text))


def only_offered(text: str, offered: Collection[str]) -> str:
    """The text without the parts that name tools not in `offered`.

    Of `[[a|b|c]]` the first alternative without such a name is used, or nothing. An item of a list with such a name is
    removed; numbered items are numbered anew.
    """

    def is_fine(part: str) -> bool:
        return tools_in(part) <= set(offered)

    def choose(found: re.Match[str]) -> str:
        return next(filter(is_fine, found[1].split("|")), "")

    paragraphs = _CHOICE.sub(choose, text).split("\n\n")
    return "\n\n".join(kept for part in paragraphs if (kept := _without(part, is_fine)))


def _without(paragraph: str, is_fine: Callable[[str], bool]) -> str:
    items = [item for item in _ITEM.split(paragraph) if item]
    kept = "".join(item for item in items if is_fine(item))
    numbers = iter(range(1, len(items) + 1))
    return _NUMBER.sub(lambda _: str(next(numbers)), kept).rstrip("\n")
