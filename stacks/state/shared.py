"""Gives a studio a place for its state that others reach too: makes the bucket, and moves the studio's own state into it.

Nothing here has to be done in one go. The studio comes up with its state in a folder on this machine, the bucket being one
of its resources; then the state moves. Whatever a killed command left, the same command goes on from.
"""

from pathlib import Path
from typing import Any

from soundstage.core.errors import OperationError, PreflightRefused, StateError
from soundstage.core.home import state_home
from soundstage.engines.base import PROJECT_STACKS, Engine, OnEvent, ignore
from soundstage.engines.passphrase import given_passphrase
from soundstage.plan.plan import Plan
from soundstage.projectfile.bucket_address import Bucket, bucket_of, managed_bucket
from soundstage.projectfile.spec import State, Studio
from soundstage.stacks.state.backend import PASSPHRASE, folder_url
from soundstage.stacks.state.by_hand import by_hand
from soundstage.stacks.state.compatible_store import is_usable, make_bucket, store_client
from soundstage.stacks.state.folder_backend import folder_holds, folder_stacks
from soundstage.stacks.state.move import carry
from soundstage.stacks.studio_deployment import StudioDeployment
from soundstage.stacks.target import engine_for, pulumi_engine, pulumi_folder, studio_cloud


class SharedState:
    """A studio on its way to the place that `state` in its file names. `path` is that file; it need not exist yet."""

    def __init__(self, studio: Studio, path: Path, cloud: str) -> None:
        self.studio = studio
        # The simulated cloud keeps a state nowhere but on this machine and in a bucket of its own.
        kind = cloud if studio.state.managed else "aws"
        self.deployment = StudioDeployment(studio, path.absolute(), studio_cloud(kind, studio))
        self.missing: list[str] = []
        """What a store that is not AWS does not offer for the bucket that was made there."""
        self._cloud = self.deployment.cloud

    def check(self) -> bool:
        """Whether the state is in its place already. Changes nothing.

        Raises `PreflightRefused` for a bucket that is not the studio's or credentials that do not do, `EngineError`
        without the Pulumi command, and `StateError` where colleagues would have no passphrase.
        """
        from soundstage.engines.pulumi.command import require

        if self.studio.state.secrets == PASSPHRASE and given_passphrase() is None:
            raise StateError(
                "Others will use this state too, and there is no passphrase for its secrets that they could have.",
                "Set SOUNDSTAGE_PASSPHRASE to one (`openssl rand -base64 24` makes one) and keep it where they find it, "
                "or let a cloud's key do it: `--secrets awskms://KEY?region=REGION`.",
            )
        require(state_home())
        self.deployment.engine = self._source()
        # What was begun and not finished counts too.
        folder = pulumi_folder(self.studio, self._cloud.kind)
        begun = folder_holds(folder, self.deployment.stack) or self.deployment.engine.exists()
        if bucket := managed_bucket(self.studio.state):
            if not self._cloud.buckets.is_there(bucket, self.studio.studio):
                return False
            if self._cloud.buckets.holds(bucket, self.deployment.stack):
                return not begun
            if not begun and self._cloud.look_alike is None:
                raise PreflightRefused(
                    f"The studio has made the bucket {bucket.name}, and its state is not in it yet: the same command runs "
                    "on another machine, or was cut short there.",
                    "Wait for it, or run it again there. If that machine is lost, begin with another bucket: "
                    "`--state s3://NAME`.",
                )
            return False
        if (store := self._store()) and not is_usable(*store):
            return False
        try:
            there = self._target().exists()
        except (OperationError, PreflightRefused) as error:
            raise PreflightRefused(error.message, f"{error.hint}\n{by_hand(self.studio)}".rstrip()) from error
        return there and not begun

    def preview(self, on_event: OnEvent = ignore) -> Plan | None:
        """What is to be made first; None where the studio makes no bucket."""
        return self.deployment.preview(on_event=on_event) if self.studio.state.managed else None

    def move(self, on_event: OnEvent = ignore) -> Plan | None:
        """Make the bucket and move the state. Returns the preview that proves it; None when there was no state to move."""
        if self.check():
            return None  # A colleague was faster, while this one was asked whether to.
        source = self.deployment.engine
        if store := self._store():
            self.missing = make_bucket(*store)
        if self.studio.state.managed:
            self.deployment.up(on_event=on_event)
        return carry(source, self._target(), self.deployment.program(source.resources())) if source.exists() else None

    def left_behind(self) -> list[str]:
        """The command that moves the state of each project that is still in the folder on this machine."""
        folder = pulumi_folder(self.studio, self._cloud.kind)
        projects = (stack for stack in folder_stacks(folder) if stack.project == PROJECT_STACKS)
        return [f"workstation move-state {stack.stack} --from {folder_url(folder)}" for stack in projects]

    def _store(self) -> tuple[Any, Bucket] | None:
        """The client and the bucket of a store that speaks S3 and is not AWS; None for any other place."""
        bucket = bucket_of(self.studio.state)
        return (store_client(bucket, self.studio.state.backend or ""), bucket) if bucket and bucket.endpoint else None

    def _source(self) -> Engine:
        """The engine that has the studio's stack now, or that is to make it."""
        here = State(secrets=self.studio.state.secrets)
        return engine_for(self._cloud, self.deployment.stack, self.studio.model_copy(update={"state": here}))

    def _target(self) -> Engine:
        return pulumi_engine(self._cloud, self.deployment.stack, self.studio, self.studio.state)
