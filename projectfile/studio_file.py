"""The studio file: one cloud account and its baseline. Every field's text here is its documentation."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema

from soundstage.components.arguments import LEAST_USD
from soundstage.components.sizes import DEFAULT_REGION
from soundstage.core.strict import Form, Strict, refuse
from soundstage.projectfile.catalogues import CATALOGUES
from soundstage.projectfile.field_types import Email, Label, Region
from soundstage.projectfile.quiet_hours import Quiet

_BACKEND = (
    r"^(file://[^\s@?#]+|s3://[a-z0-9][a-z0-9.-]{2,62}(/[^\s@?#]*)?(\?[^\s@#]*)?"
    r"|gs://[a-z0-9][a-z0-9._-]{2,221}(/[^\s@?#]*)?|azblob://[a-z0-9][a-z0-9-]{2,62}(/[^\s@?#]*)?(\?[^\s@#]*)?"
    r"|https://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9_.-]*)?)$"
)
# Of a KMS address only what chooses the key: with `endpoint` it would send the data key elsewhere.
_KMS_QUERY = r"(region|profile|context_[A-Za-z0-9_.-]+)=[A-Za-z0-9_.-]+"
_SECRETS = (
    rf"^(passphrase|awskms://[A-Za-z0-9:/_-]+(\?{_KMS_QUERY}(&{_KMS_QUERY})*)?|gcpkms://projects/[A-Za-z0-9/_.-]+)$"
)

_ACCOUNT = r"^([0-9]{12}|[a-z][a-z0-9-]{4,28}[a-z0-9])$"
"""Project ids: Resource Manager API, `projects.create`, read 2026-11."""

SECRETS = "passphrase, awskms://KEY?region=REGION or gcpkms://projects/…"
BACKENDS = (
    "file://FOLDER, s3://BUCKET, gs://BUCKET, azblob://CONTAINER or https://api.pulumi.com/ORGANISATION, "
    "without credentials"
)


def _without_credentials(value: object) -> object:
    if isinstance(value, str) and "@" in value:
        raise refuse("holds an @, as if there were credentials in it", BACKENDS, hidden=True)
    return value


def _account(value: object) -> object:
    # Unquoted, an account that does not start with 0 is a number to YAML.
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


PermissionSet = Annotated[
    str,
    Form(r"^[A-Za-z0-9_+=,.@-]{1,32}$", "the name of a permission set: letters, digits and + = , . @ _ -, at most 32"),
]


class StudioBudget(Strict):
    """What the whole account may cost."""

    monthly_usd: Annotated[float, Field(ge=LEAST_USD, le=10_000_000)] = 1000.0
    """US dollars per calendar month, all projects together."""

    alert_at_percent: Annotated[
        tuple[Annotated[int, Field(ge=1, le=200)], ...], Field(min_length=1, max_length=5, strict=False)
    ] = (50, 80, 100)
    """Shares of the budget, rising, at which `alert_emails` are told, both when spent and when forecast."""


class Notices(Strict):
    """When people are told of what happened to machines, snapshots and budgets (`workstation notices send`)."""

    quiet: Quiet | None = None
    """When only what cannot wait is told, such as a limit that was passed; the rest is held until the end, such as
    `20:00-08:00 Europe/Lisbon`. Absent: never."""


class State(Strict):
    """Where the Pulumi engine keeps what it must remember. The simulated cloud uses it only where it is `managed`."""

    backend: Annotated[str, Form(_BACKEND, BACKENDS), BeforeValidator(_without_credentials)] | None = None
    """A Pulumi backend address. Absent: a folder on this machine, which suits one person. Pulumi Cloud takes its token from
    `PULUMI_ACCESS_TOKEN`. Any host other than the clouds' own and api.pulumi.com must also be named in the variable
    SOUNDSTAGE_STATE_HOSTS of whoever runs the command."""

    managed: bool = False
    """Whether the studio's own stack makes and guards the bucket of `backend`. `workstation studio init --state s3` writes
    it; the bucket is then an `s3://NAME?region=REGION` in the home region."""

    secrets: Annotated[str, Form(_SECRETS, SECRETS)] = "passphrase"
    """What encrypts the secrets in the state: a cloud's key, or `passphrase`. That is the value of SOUNDSTAGE_PASSPHRASE,
    or else a file that only you can read, or else PULUMI_CONFIG_PASSPHRASE. A state that others use too needs the
    variable: keep its value where they find it, such as the studio's password manager."""


class Studio(Strict):
    """One cloud account: audit trail, log archive, keys, guard-rails, overall budget, and where state is kept."""

    model_config = ConfigDict(title="Soundstage studio file")

    studio: Label
    """The studio's short name. It starts the names of buckets and shows on every resource."""

    account: (
        Annotated[
            str,
            BeforeValidator(_account),
            Form(_ACCOUNT, "the 12 digits of an AWS account, in quotes, or the id of a Google Cloud project"),
            WithJsonSchema(
                {"type": ["string", "integer"], "pattern": _ACCOUNT, "minimum": 10**11, "maximum": 10**12 - 1}
            ),
        ]
        | None
    ) = None
    """The AWS account, or the id of the Google Cloud project. With it, credentials for any other account are refused. Quote it if it
    starts with 0."""

    billing_account: (
        Annotated[str, Form(r"^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$", "such as 012345-6789AB-CDEF01")] | None
    ) = None
    """The billing account that pays for the Google Cloud project: budgets belong to it. Needed on Google Cloud itself; AWS has none."""

    home_region: Region = DEFAULT_REGION
    """Where the account's own baseline lives: trail, log archive, alarms. Absent: eu-west-1, and on Google Cloud europe-west4."""

    regions: Annotated[tuple[Region, ...], Field(strict=False)] = ()
    """Where projects may live, `home_region` included. Absent: in any region."""

    alert_emails: Annotated[tuple[Email, ...], Field(max_length=10, strict=False)] = ()
    """Who is told about security alarms, cost anomalies and budgets."""

    permission_sets: Annotated[tuple[PermissionSet, ...], Field(max_length=10, strict=False)] = ()
    """Permission sets of IAM Identity Center whose sessions (`aws sso login`) may take the roles of a project, where the
    permission set permits `sts:AssumeRole` on them. Absent: the roles ask every session for a second factor of its own, which
    such sessions do not carry. Identity Center must ask for it at sign-in; a role taken so lasts one hour."""

    log_retention_days: Literal[365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653] = 365
    """Days for which audit and access logs are kept, and locked against deletion: the periods that CloudWatch has."""

    budget: StudioBudget = StudioBudget()
    """What the whole account may cost."""

    installers_bucket: Annotated[str, Form(r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", "the name of a bucket")] | None = None
    """The bucket that recipes of images take licensed installers from. Whoever bakes must be able to read it. Absent: none."""

    notices: Notices = Notices()
    """When people are told of what happened. The address of a chat is set with `workstation notices set-webhook`: it is a secret, and
    stands in no file."""

    state: State = State()
    """Where the Pulumi engine keeps what it must remember."""


def studio_on(studio: Studio, family: str) -> Studio:
    """The studio as it is on a cloud (`aws` or `gcp`): where its file says no home region, that cloud's own default."""
    here = CATALOGUES[family]
    if studio.home_region in here.regions or "home_region" in studio.model_fields_set:
        return studio
    return studio.model_copy(update={"home_region": here.default_region})
