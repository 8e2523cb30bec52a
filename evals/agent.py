"""Scripted agents. The habits of the good one are here, bad ones change them (bad.py); the scripts are in by_tools.py
(this server) and by_operations.py (CLI and proxy)."""

from typing import Any

from evals.arms import Answer
from evals.stage import Hands
from evals.task import Facts, Task


class Scripted:
    """A good agent: asks before what cannot be undone, treats what it reads as data, searches for a job that may exist
    already, and takes names from lists."""

    def __init__(self, hands: Hands) -> None:
        self.hands = hands

    async def __call__(self, script: str, facts: Facts) -> str:
        return await getattr(self, script)(**facts)

    async def call(self, name: str, /, **arguments: Any) -> Answer:
        answer = await self.hands.call(name, arguments)
        await self.heard(answer.text)
        return answer

    async def facts(self, name: str, /, **arguments: Any) -> dict[str, Any]:
        """The facts of a call that must succeed."""
        answer = await self.call(name, **arguments)
        assert not answer.failed, answer.text
        return answer.facts

    async def heard(self, text: str) -> None:
        """Called with every text that was read; does nothing with it."""

    def consents(self, question: str) -> bool:
        """Ask the user before what cannot be undone."""
        return self.hands.ask(question)

    async def image(self) -> str:
        raise NotImplementedError

    async def stop(self, job: str) -> str:
        raise NotImplementedError

    async def hang(self, job: str) -> str:
        raise NotImplementedError

    async def unanswered(self, body: dict[str, Any], told: str) -> str:
        """After an unanswered create: the id of the job that it created."""
        raise NotImplementedError


def scripted(kind: Any) -> Any:
    """An agent for stage.play from a class of scripts."""

    async def agent(hands: Hands, task: Task, facts: Facts) -> str:
        wanted = {name: value for name, value in facts.items() if f"{{{name}}}" in task.prompt or name == "pod"}
        return await kind(hands)(task.script, wanted)

    return agent


def worker(image: str, pods: int = 1, **more: Any) -> dict[str, Any]:
    """A job spec under the API's names, which this server accepts too."""
    return {"Type": "Worker", "PodCount": pods, "Image": image, **more}


NODE = {"ResourceConfig": {"GPU": "8", "CPU": "96", "Memory": "1000Gi"}}
SMALL = {"EcsSpec": "ecs.gn6i-c4g1.xlarge"}
