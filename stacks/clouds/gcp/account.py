"""A project of Google Cloud: a real one, through application default credentials, and the look-alike on this machine. The ports are the
same."""

import getpass
import os
import re
import shlex
from abc import abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Final

from soundstage.components.labels import labels_of
from soundstage.components.naming import trail_name
from soundstage.components.tags import PROJECT, STUDIO
from soundstage.core.clouds import CLOUDS
from soundstage.core.errors import CloudError, PreflightRefused, UsageError
from soundstage.core.home import state_home
from soundstage.core.values import Properties
from soundstage.core.words import listed
from soundstage.plan.plan import Plan
from soundstage.pricing.advised import Unused
from soundstage.projectfile.bucket_address import Bucket
from soundstage.providers.base import CloudProvider, Sighting
from soundstage.providers.cloud_codes import DENIED
from soundstage.providers.gcp import PACKAGE
from soundstage.providers.gcp.rest import GoogleProject
from soundstage.stacks.clouds.actions import Actions
from soundstage.stacks.clouds.base import Cloud, Singletons
from soundstage.stacks.clouds.facts import Caller
from soundstage.stacks.clouds.gcp.builders import GoogleBuilders
from soundstage.stacks.clouds.gcp.calls import Projects, ask, everywhere, found, pages
from soundstage.stacks.clouds.gcp.credentials import caller_of, credentials_for
from soundstage.stacks.clouds.gcp.diverted import refuse_diverted
from soundstage.stacks.clouds.gcp.doors import GoogleDoors
from soundstage.stacks.clouds.gcp.estate import GoogleEstate
from soundstage.stacks.clouds.gcp.facts import GoogleFacts
from soundstage.stacks.clouds.gcp.images import GoogleImages, SimulatedImages
from soundstage.stacks.clouds.gcp.known import refuse_unknown
from soundstage.stacks.clouds.gcp.machines import GoogleMachines, GoogleZones
from soundstage.stacks.clouds.gcp.media import GoogleKeys, GoogleSnapshots
from soundstage.stacks.clouds.gcp.missing import Missing
from soundstage.stacks.clouds.gcp.names import last, tags_in, zone_and_name
from soundstage.stacks.clouds.gcp.notices import GoogleNotices
from soundstage.stacks.clouds.gcp.person import address_of
from soundstage.stacks.clouds.gcp.quotas import GoogleQuotas
from soundstage.stacks.clouds.gcp.transfers import GoogleTransfers

_AUDIT: Final = trail_name("")
"""How the name of a studio's audit log ends."""
_REGION_OF_OURS: Final = re.compile(r"in:([a-z]+-[a-z]+\d+)-locations")
"""What a studio's policy of locations admits."""


class Google(Cloud):
    """What a real project and a simulated one have in common."""

    package = PACKAGE
    embeds = True

    def __init__(self, region: str) -> None:
        self.region = region
        self.machines = GoogleMachines(self, region)
        self.zones = GoogleZones(self, region)
        self.keys = GoogleKeys(self)
        self.snapshots = GoogleSnapshots(self)
        self.sessions = Missing("Sessions with machines on Google Cloud are not opened by this command yet.")
        self.doors = GoogleDoors(self)
        self.quotas = GoogleQuotas(self, region)
        self.account = GoogleOwners(self)
        self.buckets = Missing("State is not kept in a bucket of Google Cloud's that the studio makes itself yet.")
        self.notices = GoogleNotices(self, region)
        self.images = GoogleImages(self, region)
        self.builders = GoogleBuilders(self)
        self.transfers = GoogleTransfers(self)
        self.facts = GoogleFacts(self, region, self._caller)
        self.estate = GoogleEstate(self)

    @property
    @abstractmethod
    def project(self) -> GoogleProject:
        """The project of Google Cloud, which can be called."""

    @abstractmethod
    def _caller(self) -> Caller:
        """Whose the credentials are."""

    @property
    @abstractmethod
    def relay(self) -> str:
        """Where Identity-Aware Proxy's relay answers."""

    @property
    @abstractmethod
    def person(self) -> str:
        """The address of the Google account that the credentials belong to. Raises `PreflightRefused` where it is not known."""

    @abstractmethod
    def account_on_machines(self, posix: str) -> str:
        """Who somebody is on a machine whose account is `posix`, as OS Login says."""

    @property
    def account_id(self) -> str:
        return self.project.account_id

    @property
    def permissions(self) -> Actions:
        from soundstage.providers.gcp import permissions

        return permissions

    def now(self) -> datetime:
        return datetime.now(
            UTC
        )  # no answer of Google's tells how far this computer's clock is off; a call that it refuses does

    def provider(self, on_retry: Callable[[str], None]) -> CloudProvider:
        """Its provider, for an engine in this process."""
        from soundstage.providers.gcp.provider import GoogleProvider

        return GoogleProvider(self.project, self.region, on_retry=on_retry)

    def adopting_provider(self, on_retry: Callable[[str], None], studio: str, taken: list[str]) -> CloudProvider:
        from soundstage.providers.gcp.adoption import AdoptingGoogle

        return AdoptingGoogle(self.project, self.region, on_retry, studio, taken)

    def find(self, type: str, urn: str, inputs: Properties, known: Collection[str]) -> Sighting:  # noqa: ARG002 - the same on every cloud
        from soundstage.providers.gcp.seeking import seek

        return seek(self.project, self._places, type, inputs, known)

    def exists(self, type: str, id: str, inputs: Properties) -> bool:
        from soundstage.providers.gcp.seeking import exists

        return exists(self.project, self._places, type, id, inputs)

    @property
    def _places(self) -> dict[str, str]:
        return {"project": self.account_id, "region": self.region}

    def unused(self, studio: str, project: str) -> list[Unused]:
        from soundstage.stacks.clouds.gcp.unused import unused

        return list(unused(self, studio, project))

    def console(self, inputs: Properties, tags: Sequence[str]) -> str:
        labels = inputs.get("labels")
        if not isinstance(labels, Mapping) or not labels:
            return f"https://console.cloud.google.com/home/dashboard?project={self.account_id}"
        wanted = labels_of(dict.fromkeys(tags, ""))
        chosen = {key: labels[key] for key in wanted if key in labels} or labels
        terms = " ".join(f"labels.{key}:{value}" for key, value in sorted(chosen.items()))
        return f"gcloud asset search-all-resources --scope=projects/{self.account_id} --query={shlex.quote(terms)}"


def say_of_project(cloud: Projects, key: str, text: str) -> None:
    """Write a value into the metadata that all machines of the project have in common; empty takes it out."""
    told = ask(cloud, "compute.projects.get").get("commonInstanceMetadata") or {}
    items = [one for one in told.get("items") or () if one["key"] != key]
    items += [{"key": key, "value": text}] if text else []
    ask(cloud, "compute.projects.setCommonInstanceMetadata", fingerprint=told.get("fingerprint", ""), items=items)


class GoogleOwners:
    """See `Account`."""

    def __init__(self, cloud: Projects) -> None:
        self._cloud = cloud

    def owners(self) -> set[tuple[str, str]]:
        tagged = (tags_in(one) for kind in ("instances", "disks") for one in everywhere(self._cloud, kind))
        return {(tags[STUDIO], tags.get(PROJECT, "")) for tags in tagged if STUDIO in tags}

    def singletons(self, studio: str, regions: Iterable[str]) -> Singletons:
        name = f"projects/{self._cloud.project.account_id}"
        parent = str(ask(self._cloud, "cloudresourcemanager.projects.get", name=name).get("parent", ""))
        first = self._first_studio(name)
        if first and first != studio:
            self._refuse_other_regions(name, first, regions)
        return Singletons(
            other_studios=(first,) if first and first != studio else (),
            has_organisation=parent.startswith(("organizations/", "folders/")) and first in ("", studio),
            had_once="Organisation policies, of which a project of Google Cloud has one each, are those of the studio that came first.",
        )

    def _first_studio(self, project: str) -> str:
        """The studio that was set up first in the project, whatever its home region, and so holds the policies of which there is one each;
        empty for none. Its audit log tells, which stays."""
        anywhere = f"{project}/locations/-"
        every = pages(self._cloud, "logging.projects.locations.buckets.list", "buckets", parent=anywhere)
        logs = [one for one in every if last(one["name"]).endswith(_AUDIT)]
        oldest = min(logs, key=lambda one: str(one.get("createTime", "")), default=None)
        return last(oldest["name"]).removesuffix(_AUDIT) if oldest else ""

    def _refuse_other_regions(self, project: str, first: str, regions: Iterable[str]) -> None:
        """Raise `UsageError` for regions that the first studio's policy keeps everything out of. One that somebody else wrote, or that
        may not be read, decides when it is met."""
        name = f"{project}/policies/gcp.resourceLocations"
        try:
            policy = found(self._cloud, "orgpolicy.projects.policies.get", name=name)
        except CloudError as error:
            if error.code not in DENIED:
                raise
            return
        rules = ((policy or {}).get("spec") or {}).get("rules") or ()
        values = [str(one) for rule in rules for one in (rule.get("values") or {}).get("allowedValues") or ()]
        admitted = {own[1] for one in values if (own := _REGION_OF_OURS.fullmatch(one))}
        outside = sorted(set(regions) - admitted)
        if outside and len(admitted) == len(set(values)) and admitted:
            raise UsageError(
                f"The studio {first} came first in this project of Google Cloud, and its organisation policies keep everything out of "
                f"{listed(outside)}: only {listed(sorted(admitted))} may be used. Nothing was changed.",
                f"Take one of these as home_region and for projects, use another project of Google Cloud as `account`, or add "
                f"{listed(outside)} to `regions` in the studio file of {first} and run `workstation studio up` with it.",
            )

    def count_cost(self) -> str:
        return ""  # bills are split by every label as soon as it is there

    def found_rules(self, plan: Plan) -> dict[str, Mapping[str, Any]]:  # noqa: ARG002 - a policy holds its rules itself
        return {}


class RealGoogle(Google):
    """The project that the studio file names. Nothing is asked of it before it is known to be there."""

    name = CLOUDS["gcp"]

    def __init__(self, region: str, account: str | None) -> None:
        super().__init__(region)
        self._account = account

    @cached_property
    def project(self) -> GoogleProject:
        self.refuse_diverted()
        if not self._account:
            raise PreflightRefused(
                "Nothing says which project of Google Cloud this is for.",
                "Write its id as `account` into the studio file; `gcloud projects list` shows those that you may see.",
            )
        found = GoogleProject(self._account, credentials_for(self._account))
        refuse_unknown(found)
        return found

    def _caller(self) -> Caller:
        return caller_of(self.project)

    @property
    def relay(self) -> str:
        from soundstage.sessions.iap.relay import GOOGLE

        return GOOGLE

    @property
    def person(self) -> str:
        return address_of(self.project)

    def account_on_machines(self, posix: str) -> str:
        return posix

    def refuse_diverted(self) -> None:
        refuse_diverted(os.environ)

    def describe(self) -> str:
        return (
            f"Google Cloud project {self._account}, {self.region}" if self._account else f"Google Cloud, {self.region}"
        )


class SimulatedGoogle(Google):
    """The look-alike on this machine. Started when first needed."""

    name = CLOUDS["simulated-gcp"]

    def __init__(self, region: str) -> None:
        super().__init__(region)
        self.look_alike = self
        self.images = SimulatedImages(self, region)

    @cached_property
    def endpoint(self) -> Any:
        from soundstage.simulator import process

        return process.ensure(state_home(), process.GOOGLE_FRONT)

    @cached_property
    def project(self) -> GoogleProject:
        from google.oauth2.credentials import Credentials

        from soundstage.simulator.process import GOOGLE_PROJECT

        token = self.endpoint.google_token()
        return GoogleProject(GOOGLE_PROJECT, Credentials(token=token), self.endpoint.url)  # type: ignore[no-untyped-call]

    def _caller(self) -> Caller:
        return Caller("the owner")

    @property
    def relay(self) -> str:
        return str(self.endpoint.url).replace("http://", "ws://") + "/v4"

    @property
    def person(self) -> str:
        from soundstage.simulator.gcp.caller import OWNER_EMAIL

        return OWNER_EMAIL

    def account_on_machines(self, posix: str) -> str:  # noqa: ARG002 - one for all
        return getpass.getuser()  # what stands for a machine has one account: that of whoever runs it

    def refuse_diverted(self) -> None:
        """Nothing can: its address is handed over with every call."""

    def now(self) -> datetime:
        from soundstage.simulator import process

        return datetime.fromtimestamp(process.clock(state_home())[0], UTC)

    def describe(self) -> str:
        return f"the simulated Google Cloud, {self.region}"

    def let_start(self, studio: str, project: str, machine: str, seconds: float, failing: str) -> None:
        from soundstage.simulator.starts import Start, metadata_key, text_of

        start = Start(seconds, failing)
        say_of_project(self, metadata_key(studio, project, machine), "" if start == Start() else text_of(start))

    def take_spot(self, studio: str, project: str, machine: str, *, give: bool) -> str:
        from soundstage.simulator.spot import TAKEN, metadata_key

        place = zone_and_name(
            next(one for one in self.machines.of_project(studio, project) if one.name == machine).instance_id
        )
        say_of_project(self, metadata_key(**place), "" if give else TAKEN)
        if give:
            return "has its capacity again: `workstation start` starts it"
        ask(self, "compute.instances.simulateMaintenanceEvent", machine, **place)
        return "was taken back: it stops, with its disks"

    def have_quotas(self, text: str) -> None:
        raise UsageError(
            f"The quotas of the simulated Google Cloud cannot be set by this command yet ({len(text)} bytes given)."
        )

    def launcher(self) -> str:
        from soundstage.simulator.gcp.plugin import launcher

        return launcher(state_home())

    @property
    def recorded_only(self) -> frozenset[str]:
        from soundstage.providers.gcp.provider import GOOGLE

        return GOOGLE.recorded

    def environment(self) -> dict[str, str]:
        from soundstage.simulator.gcp.clients import variables

        return variables(self.endpoint)

    def state_url(self, bucket: Bucket) -> str:
        raise UsageError(f"State is not kept in {bucket.name} on the simulated Google Cloud yet.")
