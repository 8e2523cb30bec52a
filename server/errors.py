"""Expected failures, as plain exceptions that know neither MCP nor a cloud SDK.

Failure
└── CloudError (server/cloud/errors.py)   the service refused, or could not be reached

A tool or a resolver raises; server/door.py turns it into the one error shape an agent sees."""


class Failure(Exception):
    """An expected failure. `what` and `fix` must be clear without other context.

    `what` is one sentence with the id and the region; `fix` names the next call to make, or the person to ask. `code`
    is the service's error code if there is one, else one of ours.
    """

    def __init__(
        self,
        what: str,
        *,
        fix: str,
        code: str,
        http_status: int | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(what)
        self.what = what
        self.fix = fix
        self.code = code
        self.http_status = http_status
        self.request_id = request_id
