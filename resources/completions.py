"""Completions of the arguments of prompts and of resource templates. One never fails: it has values or none."""

from collections.abc import Collection

from mcp.types import Completion, CompletionArgument, CompletionContext, PromptReference, ResourceTemplateReference

from pai_dlc_mcp.server.app import Server


def add(server: Server, _: Collection[str]) -> None:
    """Answers completion/complete by the name of the argument, whatever it is an argument of."""

    @server.completion()
    async def complete(  # pyright: ignore[reportUnusedFunction] - registered
        _: PromptReference | ResourceTemplateReference,
        argument: CompletionArgument,
        context: CompletionContext | None,
    ) -> Completion:
        from pai_dlc_mcp.resources.values import MOST, values  # with the first call, not with the start

        given = (context.arguments if context else None) or {}
        every = await values(server.app, argument.name, given)
        typed = argument.value.lower()
        found = [value for value in every if value.lower().startswith(typed)]
        found += [value for value in every if typed in value.lower() and value not in found]
        return Completion(values=found[:MOST], total=len(found), has_more=len(found) > MOST)
