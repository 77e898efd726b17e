"""Sessions with the machines of AWS, by Session Manager: the same on AWS and on the simulated cloud."""

import contextlib
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from soundstage.core.errors import CloudError, SessionError, SoundstageError
from soundstage.engines.base import Event
from soundstage.providers.cloud_codes import DENIED
from soundstage.stacks.clouds.aws.calls import Clients, call, pages

if TYPE_CHECKING:
    from soundstage.sessions.session import Grant, Request

_GONE: Final = ("DoesNotExistException", "InvalidSessionId")
_COMING: Final = ("pending", "running")


class AwsSessions:
    """See `Calls` of `sessions.session`."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def start(self, request: "Request") -> "Grant":
        from soundstage.sessions.session import Grant

        parameters = {name: list(values) for name, values in request.parameters.items()}
        ssm, tries = self._clients.client("ssm"), list[Event]()
        # A call has no client token, and a session whose answer was lost has an id that nobody knows: its reason tells whose it is.
        mark = f"soundstage {uuid4().hex}"
        try:
            told = call(
                ssm,
                "StartSession",
                "",
                tries.append,
                Target=request.target,
                DocumentName=request.document,
                Parameters=parameters,
                Reason=mark,
            )
        except SoundstageError as error:
            if tries:
                self._end_lost(request.target, mark, "")
            if not isinstance(error, CloudError):
                raise
            if error.code == "TargetNotConnected" and self._may_come(request.target):
                raise CloudError(
                    f"The machine {request.target} does not answer Session Manager yet.",
                    action=error.action,
                    code=error.code,
                ) from error
            raise self._final(error, request) from error
        if tries:
            self._end_lost(request.target, mark, told["SessionId"])
        return Grant(told["SessionId"], told["StreamUrl"], told["TokenValue"])

    def _end_lost(self, target: str, mark: str, held: str) -> None:
        """End the sessions that calls with this mark opened, but the one that is held. What cannot be done now must not keep anybody from
        what they came for: the service ends such a session by itself after twenty minutes without a client (AWS Systems Manager User
        Guide, "Specify an idle session timeout value", read 2026-11)."""
        asked = {"State": "Active", "Filters": [{"key": "Target", "value": target}]}
        with contextlib.suppress(SoundstageError):
            for one in pages(self._clients.client("ssm"), "DescribeSessions", "Sessions", **asked):
                if one.get("Reason") == mark and one["SessionId"] != held:
                    self.terminate(one["SessionId"])

    def resume(self, session: str) -> "Grant | None":
        from soundstage.sessions.session import Grant

        try:
            told = call(self._clients.client("ssm"), "ResumeSession", "", SessionId=session)
        except CloudError as error:
            if error.code in _GONE:
                return None
            raise
        return Grant(session, told["StreamUrl"], told["TokenValue"]) if told.get("TokenValue") else None

    def terminate(self, session: str) -> None:
        try:
            call(self._clients.client("ssm"), "TerminateSession", "", SessionId=session)
        except CloudError as error:
            if error.code not in _GONE:
                raise

    def _may_come(self, machine: str) -> bool:
        """Whether a machine that does not answer is on its way up, rather than stopped or gone."""
        told = call(self._clients.client("ec2"), "DescribeInstances", "", InstanceIds=[machine])
        return told["Reservations"][0]["Instances"][0]["State"]["Name"] in _COMING

    def _final(self, error: CloudError, request: "Request") -> CloudError | SessionError:
        """The error as one that trying again does not help, where it is."""
        if error.code == "TargetNotConnected":
            return SessionError("The machine is not running any more.", "The same command starts it again.")
        if error.code == "InvalidDocument":
            return SessionError(
                f"The project has no session document {request.document}: it was brought up by an earlier version.",
                "Run `workstation up` once.",
            )
        if error.code in DENIED:
            return SessionError(
                f"You may not open a session with {request.document} to the machine ({error.code}).",
                f"Take the artist's or the administrator's role of this project (AWS_PROFILE). AWS said: {error.message}",
            )
        return error
