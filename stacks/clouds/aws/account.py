"""An account of AWS: a real one, through boto3's own credentials, and the look-alike on this machine. The ports are the same."""

import os
import shlex
import threading
from abc import abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from soundstage.core.clouds import CLOUDS
from soundstage.core.errors import PreflightRefused
from soundstage.core.home import state_home
from soundstage.core.values import Properties
from soundstage.plan.plan import Plan
from soundstage.projectfile.bucket_address import Bucket
from soundstage.providers.aws import PACKAGE
from soundstage.providers.aws.boto3_calls import declined
from soundstage.providers.base import CloudProvider, Sighting
from soundstage.stacks.clouds.actions import Actions
from soundstage.stacks.clouds.aws.bills import AwsBills
from soundstage.stacks.clouds.aws.buckets import AwsBuckets
from soundstage.stacks.clouds.aws.builders import AwsBuilders
from soundstage.stacks.clouds.aws.calls import Clients, by_client, call, refuse_wrong_clock
from soundstage.stacks.clouds.aws.cost_tag import activate
from soundstage.stacks.clouds.aws.diverted import refuse_diverted, refuse_foreign
from soundstage.stacks.clouds.aws.doors import AwsDoors
from soundstage.stacks.clouds.aws.estate import AwsEstate
from soundstage.stacks.clouds.aws.facts import AwsFacts
from soundstage.stacks.clouds.aws.found_rules import found_rules
from soundstage.stacks.clouds.aws.images import AwsImages
from soundstage.stacks.clouds.aws.machines import AwsMachines, AwsZones
from soundstage.stacks.clouds.aws.media import AwsKeys, AwsSnapshots
from soundstage.stacks.clouds.aws.notices import AwsNotices
from soundstage.stacks.clouds.aws.owners import owners
from soundstage.stacks.clouds.aws.quotas import AwsQuotas
from soundstage.stacks.clouds.aws.sessions import AwsSessions
from soundstage.stacks.clouds.aws.singletons import singletons
from soundstage.stacks.clouds.aws.transfers import AwsTransfers
from soundstage.stacks.clouds.base import Cloud, Singletons


class Aws(Cloud):
    """What a real account and a simulated one have in common."""

    package = PACKAGE

    def __init__(self, region: str) -> None:
        self.region = region
        self.machines = AwsMachines(self, region)
        self.zones = AwsZones(self)
        self.keys = AwsKeys(self)
        self.snapshots = AwsSnapshots(self)
        self.sessions = AwsSessions(self)
        self.doors = AwsDoors(self)
        self.quotas = AwsQuotas(self, region)
        self.account = AwsAccount(self)
        self.buckets = AwsBuckets(self)
        self.notices = AwsNotices(self, lambda: self.account_id)
        self.images = AwsImages(self)
        self.builders = AwsBuilders(self)
        self.transfers = AwsTransfers(self)
        self.facts = AwsFacts(self, None)
        self.estate = AwsEstate(self, region)
        self.bills = AwsBills(self)

    @abstractmethod
    def client(self, service: str, region: str | None = None) -> Any:
        """A boto3 client for this account. It never retries: `calls.call` does, once for all, and says so."""

    def ask(self, service: str, operation: str, arguments: Mapping[str, Any], region: str | None = None) -> Any:
        """Make one call that only reads, once. Raises as `calls.Send`."""
        return by_client(self.client(service, region), operation, arguments)

    @property
    def permissions(self) -> Actions:
        from soundstage.providers.aws import permissions

        return permissions

    def exists(self, type: str, id: str, inputs: Properties) -> bool:
        from soundstage.providers.aws.seeking import exists

        return exists(self, self.region, type, id, inputs)

    def console(self, inputs: Properties, tags: Sequence[str]) -> str:
        region = str(inputs.get("region") or self.region)
        found = inputs.get("tags")
        if not isinstance(found, Mapping) or not found:
            return f"https://{region}.console.aws.amazon.com/"
        chosen = {key: found[key] for key in tags if key in found} or found
        filters = " ".join(shlex.quote(f"Key={key},Values={value}") for key, value in chosen.items())
        return f"aws resourcegroupstaggingapi get-resources --region {region} --tag-filters {filters}"


class AwsAccount:
    """See `Account`."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def owners(self) -> set[tuple[str, str]]:
        return owners(self._clients)

    def singletons(self, studio: str, regions: Iterable[str]) -> Singletons:
        return singletons(self._clients, studio, regions)

    def count_cost(self) -> str:
        return activate(self._clients)

    def found_rules(self, plan: Plan) -> dict[str, Mapping[str, Any]]:
        return found_rules(self._clients, plan)


class RealAws(Aws):
    """A real account, through the ordinary credential chain (profile, SSO, role, OIDC)."""

    name = CLOUDS["aws"]

    def __init__(self, region: str, account: str | None) -> None:
        super().__init__(region)
        self._expected = account
        self._clients: dict[tuple[str, str], Any] = {}
        self._making = threading.Lock()
        self.facts = AwsFacts(self, self._credentials)

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
                refuse_wrong_clock(declined(error.response))
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
        # Otherwise links would be signed by the first version of the signature, which opens nothing that KMS encrypts, and go to an
        # address outside the region.
        s3: dict[str, Any] = (
            {"signature_version": "s3v4", "s3": {"addressing_style": "virtual"}} if service == "s3" else {}
        )
        once = Config(retries={"total_max_attempts": 1}, **s3)
        key = (service, region or self.region)
        with self._making:  # boto3's session is not safe for making clients from several threads
            if key not in self._clients:
                client = self._session.client(service, region_name=key[1], config=once)
                refuse_foreign(client)
                self._clients[key] = client
        return self._clients[key]

    def _credentials(self) -> tuple[str, datetime | None]:
        """The access key, and the end of the credentials, which botocore keeps to itself and knows of those that it renews."""
        found = self._session.get_credentials()
        expires = getattr(found, "_expiry_time", None)
        return str(getattr(found, "access_key", "")), expires if isinstance(expires, datetime) else None

    def refuse_diverted(self) -> None:
        refuse_diverted(self._session, os.environ)

    def describe(self) -> str:
        try:
            return f"AWS account {self.account_id}, {self.region}"
        except PreflightRefused:  # nobody is signed in
            return f"AWS, {self.region}"

    def find(self, type: str, urn: str, inputs: Properties, known: Collection[str]) -> Sighting:  # noqa: ARG002 - the same on every cloud
        from soundstage.providers.aws.seeking import seek

        return seek(self, self.region, type, inputs, known)


class SimulatedAws(Aws):
    """The look-alike on this machine. Started when first needed."""

    name = CLOUDS["simulated"]
    embeds = True

    def __init__(self, region: str) -> None:
        super().__init__(region)
        self.look_alike = self
        self.bills = AwsBills(self, lambda: self.now().date())

    @cached_property
    def endpoint(self) -> Any:
        from soundstage.simulator import process

        return process.ensure(state_home())

    @property
    def account_id(self) -> str:
        return str(self.endpoint.account_id)

    def now(self) -> datetime:
        from soundstage.simulator import process

        _ = self.endpoint
        return datetime.fromtimestamp(process.clock(state_home())[0], UTC)

    def client(self, service: str, region: str | None = None) -> Any:
        return self.endpoint.client(service, region or self.region)

    def ask(self, service: str, operation: str, arguments: Mapping[str, Any], region: str | None = None) -> Any:
        from soundstage.providers.aws import light

        return light.send(self.endpoint, service, region or self.region, operation, arguments)

    def refuse_diverted(self) -> None:
        """Nothing can: its address is handed over with every call."""

    def describe(self) -> str:
        return f"the simulated cloud, {self.region}"

    def provider(self, on_retry: Callable[[str], None]) -> CloudProvider:
        from soundstage.providers.aws.provider import AwsProvider

        return AwsProvider(self.endpoint, self.region, on_retry=on_retry)

    def find(self, type: str, urn: str, inputs: Properties, known: Collection[str]) -> Sighting:  # noqa: ARG002 - a create's token tells it from all others
        found = self.provider(lambda _retry: None).find(type, urn, inputs)
        return Sighting(found.id if found else None)

    def adopting_provider(self, on_retry: Callable[[str], None], studio: str, taken: list[str]) -> CloudProvider:  # noqa: ARG002 - the tags say
        """A provider that takes what exists instead of making it, and says in `taken` what that was (URNs)."""
        from soundstage.providers.aws.adoption import AdoptingProvider

        return AdoptingProvider(self.endpoint, self.region, on_retry, taken)

    def let_start(self, studio: str, project: str, machine: str, seconds: float, failing: str) -> None:
        from soundstage.simulator.starts import Start, parameter_name, text_of

        name, text = parameter_name(studio, project, machine), text_of(Start(seconds, failing))
        call(self.client("ssm"), "PutParameter", machine, Name=name, Value=text, Type="String", Overwrite=True)

    def take_spot(self, studio: str, project: str, machine: str, *, give: bool) -> str:
        from soundstage.simulator.spot import GIVEN, TAKEN, parameter_name

        name, value = parameter_name(studio, project, machine), GIVEN if give else TAKEN
        call(self.client("ssm"), "PutParameter", machine, Name=name, Value=value, Type="String", Overwrite=True)
        back = "has its capacity again, and starts where it was taken back"
        return back if give else "was taken back: it stops, with its disks"

    def have_quotas(self, text: str) -> None:
        from soundstage.simulator.account_quotas import PARAMETER

        call(self.client("ssm"), "PutParameter", "quotas", Name=PARAMETER, Value=text, Type="String", Overwrite=True)

    def launcher(self) -> str:
        """The text of the executable that is this cloud's plugin for the genuine engine."""
        from soundstage.simulator.aws.plugin import launcher

        return launcher(state_home())

    @property
    def recorded_only(self) -> frozenset[str]:
        """Types that are stored but not acted on."""
        from soundstage.providers.aws.provider import AWS

        return AWS.recorded

    def environment(self) -> dict[str, str]:
        return dict(self.endpoint.environment())

    def state_url(self, bucket: Bucket) -> str:
        return bucket.at(self.endpoint.url)
