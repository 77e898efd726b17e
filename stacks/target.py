"""Which cloud a project lives on, how to reach it, and which engine makes it match.

This is the one place that knows that a simulated cloud exists; everything above asks a `Cloud` for clients and for engines.
"""

import os
from collections.abc import Callable, Collection
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from soundstage.core.errors import PreflightRefused, UsageError
from soundstage.core.home import state_home
from soundstage.core.values import Properties
from soundstage.engines.base import STUDIO_STACKS, Engine, StackName
from soundstage.projectfile.bucket_address import bucket_of, managed_bucket
from soundstage.projectfile.spec import Project, State, Studio
from soundstage.providers.base import CloudProvider, Sighting
from soundstage.stacks.account.cloud_calls import refuse_wrong_clock
from soundstage.stacks.account.diverted import refuse_diverted, refuse_foreign
from soundstage.stacks.state.bucket import bucket_exists, bucket_holds
from soundstage.stacks.state.folder_backend import folder_holds

if TYPE_CHECKING:
    from soundstage.engines.pulumi.engine import PulumiEngine

ENGINES = ("embedded", "pulumi")


class Cloud(Protocol):
    """One account of one cloud, seen from a project's region."""

    kind: str
    """`simulated` or `aws`."""
    region: str

    @property
    def account_id(self) -> str:
        """The account that the credentials belong to. Asks the cloud."""

    def client(self, service: str, region: str | None = None) -> Any:
        """A boto3 client for this account. It never retries: `cloud_calls.call` does, once for all, and says so."""

    def describe(self) -> str:
        """For people: `the simulated cloud, eu-west-1`."""

    def find(self, type: str, urn: str, inputs: Properties, known: Collection[str]) -> Sighting:
        """What a create with these inputs made, when its answer was lost. `known` are the ids on record. Only reads."""

    def exists(self, type: str, id: str, inputs: Properties) -> bool:
        """Whether there is such a resource; also true for a type that nobody here knows how to look for."""


class SimulatedCloud:
    """The AWS look-alike on this machine. Started when first needed."""

    kind = "simulated"

    def __init__(self, region: str) -> None:
        self.region = region

    @cached_property
    def endpoint(self) -> Any:
        from soundstage.simulator import process

        return process.ensure(state_home())

    @property
    def account_id(self) -> str:
        return str(self.endpoint.account_id)

    def client(self, service: str, region: str | None = None) -> Any:
        return self.endpoint.client(service, region or self.region)

    def describe(self) -> str:
        return f"the simulated cloud, {self.region}"

    def provider(self, on_retry: Callable[[str], None]) -> CloudProvider:
        from soundstage.providers.aws.provider import AwsProvider

        return AwsProvider(self.endpoint, self.region, on_retry=on_retry)

    def find(self, type: str, urn: str, inputs: Properties, known: Collection[str]) -> Sighting:  # noqa: ARG002 - a create's token tells it from all others
        found = self.provider(lambda _retry: None).find(type, urn, inputs)
        return Sighting(found.id if found else None)

    def exists(self, type: str, id: str, inputs: Properties) -> bool:
        from soundstage.providers.aws.seeking import exists

        return exists(self.endpoint, self.region, type, id, inputs)

    def adopting_provider(self, on_retry: Callable[[str], None], taken: list[str]) -> CloudProvider:
        """A provider that takes what exists instead of making it, and says in `taken` what that was (URNs)."""
        from soundstage.providers.aws.adoption import AdoptingProvider

        return AdoptingProvider(self.endpoint, self.region, on_retry, taken)

    def launcher(self) -> str:
        """The text of the executable that is this cloud's plugin for the genuine engine."""
        from soundstage.simulator.plugin import launcher

        return launcher(state_home())

    def recorded_only(self) -> frozenset[str]:
        """Types that are stored but not acted on."""
        from soundstage.providers.aws.provider import AwsProvider

        return AwsProvider.recorded_only


class AwsCloud:
    """A real account, through the ordinary credential chain (profile, SSO, role, OIDC)."""

    kind = "aws"

    def __init__(self, region: str, account: str | None) -> None:
        self.region = region
        self._expected = account

    @cached_property
    def _session(self) -> Any:
        import boto3

        return boto3.Session(region_name=self.region)

    @cached_property
    def account_id(self) -> str:
        import botocore.exceptions as refused

        self.refuse_diverted()
        try:
            client = self._session.client("sts")
            refuse_foreign(client)
            found = str(client.get_caller_identity()["Account"])
        except (refused.NoCredentialsError, refused.PartialCredentialsError) as error:
            raise PreflightRefused(
                "There are no AWS credentials.", "Run `aws sso login` (or `aws configure sso` the first time)."
            ) from error
        except (refused.TokenRetrievalError, refused.SSOError, refused.UnauthorizedSSOTokenError) as error:
            raise PreflightRefused("The AWS sign-in has expired.", "Run `aws sso login`, then this again.") from error
        except (refused.ClientError, refused.BotoCoreError) as error:
            if isinstance(error, refused.ClientError):
                refuse_wrong_clock(error)
            raise PreflightRefused(
                f"AWS did not accept the credentials: {error}", "Check them with `aws sts get-caller-identity`."
            ) from error
        if self._expected and found != self._expected:
            raise PreflightRefused(
                f"These credentials are for account {found}; studio.yaml names {self._expected}. Nothing was asked of it.",
                "Choose the right profile with AWS_PROFILE, or correct `account` in studio.yaml.",
            )
        return found

    def client(self, service: str, region: str | None = None) -> Any:
        from botocore.config import Config

        _ = self.account_id
        once = Config(retries={"total_max_attempts": 1})
        client = self._session.client(service, region_name=region or self.region, config=once)
        refuse_foreign(client)
        return client

    def refuse_diverted(self) -> None:
        """Raise `PreflightRefused` when a setting sends calls for AWS elsewhere. Asks nobody."""
        refuse_diverted(self._session, os.environ)

    def describe(self) -> str:
        return f"AWS account {self.account_id}, {self.region}"

    def find(self, type: str, urn: str, inputs: Properties, known: Collection[str]) -> Sighting:  # noqa: ARG002 - the same on every cloud
        from soundstage.providers.aws.seeking import seek

        return seek(self, self.region, type, inputs, known)

    def exists(self, type: str, id: str, inputs: Properties) -> bool:
        from soundstage.providers.aws.seeking import exists

        return exists(self, self.region, type, id, inputs)


def cloud_for(project: Project, studio: Studio) -> Cloud:
    """The cloud that the project file names."""
    return _cloud(project.cloud, project.region, studio)


def studio_cloud(cloud: str, studio: Studio) -> Cloud:
    """The cloud of the studio's own stack, in its home region."""
    return _cloud(cloud, studio.home_region, studio)


def _cloud(kind: str, region: str, studio: Studio) -> Cloud:
    if kind == "simulated":
        return SimulatedCloud(region)
    return AwsCloud(region, studio.account)


def state_folder(studio: Studio, stack: StackName) -> Path:
    """Where the embedded engine keeps the state of a stack."""
    return state_home() / "studios" / studio.studio / stack.project / stack.stack


def engine_for(cloud: Cloud, stack: StackName, studio: Studio, choice: str | None = None) -> Engine:
    """The engine for this cloud: Pulumi for real ones; on the simulated one whichever the stack is on, else embedded.

    Raises `UsageError` when `choice` is another engine than the one that the stack is on: it would build all of it again.
    """
    if choice not in (None, *ENGINES):
        raise UsageError(f'There is no engine "{choice}".', f"Use one of: {', '.join(ENGINES)}.")
    if not isinstance(cloud, SimulatedCloud):
        if choice == "embedded":
            raise UsageError(
                "The embedded engine works on the simulated cloud only; real clouds are built by Pulumi itself.",
                "Leave out `--engine`, or say `cloud: simulated` in the project file.",
            )
        return pulumi_engine(cloud, stack, studio)
    if choice is None and not pulumi_holds(cloud, stack, studio):
        return embedded_engine(cloud, stack, studio)
    present = engine_in_use(cloud, stack, studio)
    if choice and present and choice != present:
        raise UsageError(
            f"{stack.stack} is on the {present} engine; the {choice} engine would build all of it a second time.",
            f"Leave out `--engine`, or run `workstation move-state {stack.stack} --engine {choice}` first.",
        )
    if (choice or present) == "pulumi":
        return pulumi_engine(cloud, stack, studio)
    return embedded_engine(cloud, stack, studio)


def engine_in_use(cloud: SimulatedCloud, stack: StackName, studio: Studio) -> str | None:
    """Which engine has a stack of the simulated cloud on record; None when neither has."""
    from soundstage.engines.embedded.state import StackState

    if pulumi_holds(cloud, stack, studio):
        return "pulumi"
    return "embedded" if StackState(state_folder(studio, stack), write=False).records else None


def pulumi_holds(cloud: SimulatedCloud, stack: StackName, studio: Studio) -> bool:
    """Whether the genuine engine has a stack of the simulated cloud on record. Reads files only, unless the studio keeps
    its state in a bucket of its own."""
    if folder_holds(pulumi_folder(studio, cloud.kind), stack):
        return True
    bucket = managed_bucket(studio.state)
    return bucket is not None and bucket_holds(cloud.client("s3"), bucket, stack)


def pulumi_folder(studio: Studio, kind: str = "simulated") -> Path:
    """The genuine engine's backend on this machine: for the simulated cloud, and for a studio that names no other.

    One per kind of cloud: a studio can be on both, and its two stacks have the same name.
    """
    return state_home() / "studios" / studio.studio / _of_kind(kind)


def _of_kind(kind: str) -> str:
    return "pulumi" if kind == "simulated" else f"pulumi-{kind}"


def kept_in(cloud: Cloud, stack: StackName, studio: Studio) -> State:
    """Where the genuine engine keeps a stack: as studio.yaml says. On the simulated cloud in a folder, until the studio
    has made its own bucket there.

    Raises `UsageError` while a stack of a real cloud is still in the folder and studio.yaml names another place.
    """
    state, folder = studio.state, pulumi_folder(studio, cloud.kind)
    if isinstance(cloud, SimulatedCloud):
        bucket = managed_bucket(state)
        there = bucket is not None and not folder_holds(folder, stack) and bucket_exists(cloud.client("s3"), bucket)
        return state if there else State()
    if state.backend and not state.backend.startswith("file://") and folder_holds(folder, stack):
        again = f"`workstation studio init {studio.studio} --state {state.backend}`"
        moved = f"`{stack.command} move-state {stack.stack} --from file://{folder}`"
        raise UsageError(
            f"The state of {stack} is in a folder on this machine, and studio.yaml names {state.backend}. From there, all "
            "of it would be built a second time.",
            f"{again if stack.project == STUDIO_STACKS else moved} moves it.",
        )
    return state


def embedded_engine(cloud: SimulatedCloud, stack: StackName, studio: Studio) -> Engine:
    """The engine in this process."""
    from soundstage.engines.embedded.engine import EmbeddedEngine

    return EmbeddedEngine(stack, state_folder(studio, stack), cloud.provider)


def pulumi_engine(
    cloud: Cloud, stack: StackName, studio: Studio, state: State | None = None, words: str | None = None
) -> "PulumiEngine":
    """The genuine engine, with the provider plugin of exactly this kind of cloud within its reach.

    On the simulated cloud everything that the engine starts is given the simulated cloud's address and credentials: a
    real account is out of reach even for a plugin that should not be there. `state` is another place than `kept_in` says,
    `words` another passphrase than the one that is found.
    """
    from soundstage.engines.pulumi.command import require
    from soundstage.engines.pulumi.engine import PulumiEngine
    from soundstage.engines.pulumi.plugin_home import engine_home, install_launcher
    from soundstage.stacks.state.backend import backend_of

    home = state_home()
    command = require(home)
    folder = state_folder(studio, stack)
    plugins = engine_home(home, cloud.kind)
    work = folder / _of_kind(cloud.kind)
    backends = pulumi_folder(studio, cloud.kind)
    state = state or kept_in(cloud, stack, studio)
    if not isinstance(cloud, SimulatedCloud):
        if isinstance(cloud, AwsCloud):
            cloud.refuse_diverted()  # the plugin reads the same settings
        backend = backend_of(state, backends, folder, {}, words)
        return PulumiEngine(stack, work, plugins, command, backend, cloud.kind, find=cloud.find, studio=studio.studio)
    install_launcher(plugins, cloud.launcher())
    if (bucket := bucket_of(state)) and not bucket.endpoint:
        state = state.model_copy(update={"backend": bucket.at(cloud.endpoint.url)})
    backend = backend_of(state, backends, folder, cloud.endpoint.environment(), words)
    return PulumiEngine(
        stack, work, plugins, command, backend, cloud.kind, cloud.recorded_only(), cloud.find, studio.studio
    )  # fmt: skip


def pulumi_variables(cloud: SimulatedCloud) -> dict[str, str]:
    """What lets the plain `pulumi` command use the simulated cloud, its state kept in a folder of its own."""
    from soundstage.engines.pulumi.plugin_home import engine_home, environment, install_launcher
    from soundstage.stacks.state.backend import backend_of

    home = state_home()
    plugins = engine_home(home, cloud.kind)
    install_launcher(plugins, cloud.launcher())
    backend = backend_of(State(), home / "pulumi", home / "pulumi", cloud.endpoint.environment())
    return {
        **backend.environment,
        **environment(cloud.kind),
        "PULUMI_BACKEND_URL": backend.url,
        "PULUMI_HOME": str(plugins),
    }
