"""Completions for arguments of prompts and resource templates. An error gives an empty completion."""

from collections.abc import Collection

from mcp.types import Completion, CompletionArgument, CompletionContext, PromptReference, ResourceTemplateReference

from pai_dlc_mcp.server.app import Server


def add(server: Server, _: Collection[str]) -> None:
    """Answer completion/complete by the argument's name, for any prompt or template."""

    @server.completion()
    async def complete(  # pyright: ignore[reportUnusedFunction] - registered
        _: PromptReference | ResourceTemplateReference,
        argument: CompletionArgument,
        context: CompletionContext | None,
    ) -> Completion:
        from pai_dlc_mcp.resources.values import MOST, values  # imported by the first call

        given = (context.arguments if context else None) or {}
        every = await values(server.app, argument.name, given)
        typed = argument.value.lower()
        found = [value for value in every if value.lower().startswith(typed)]
        found += [value for value in every if typed in value.lower() and value not in found]
        return Completion(values=found[:MOST], total=len(found), has_more=len(found) > MOST)
