"""The words that arguments of components choose from, as a type checker sees them: `zone="contnet"` is an error in an editor.

At run time each is a plain string. Pulumi's analyser reads the annotations there and knows no `Literal`; its schema gets the same
words from the tables that `package/schema.py` names. `tests/components/test_choices.py` holds both to one another.
"""

from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    Access: TypeAlias = Literal["session", "allowlist", "vpn"]
    AtLimit: TypeAlias = Literal["notify", "stop"]
    Day: TypeAlias = Literal["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"]
    DiskDevice: TypeAlias = Literal[
        "/dev/sdh", "/dev/sdi", "/dev/sdj", "/dev/sdk", "/dev/sdl", "/dev/sdn", "/dev/sdo", "/dev/sdp"
    ]
    Effect: TypeAlias = Literal["Allow", "Deny"]
    EndpointService: TypeAlias = Literal[
        "ssm",
        "ssmmessages",
        "kms",
        "logs",
        "ec2",
        "monitoring",
        "secretsmanager",
        "deadline.management",
        "deadline.scheduling",
    ]
    GoogleKeyUser: TypeAlias = Literal["compute", "storage", "pubsub", "secretmanager", "logging"]
    KeyService: TypeAlias = Literal["ec2", "elasticfilesystem", "fsx", "s3", "secretsmanager", "sns", "sqs", "ssm"]
    KeyUser: TypeAlias = Literal["cloudtrail", "logs", "spot", "budgets", "cloudwatch", "costalerts"]
    Lifecycle: TypeAlias = Literal["footage", "project-archive", "inactive-90", "proxies", "delivery"]
    LockMode: TypeAlias = Literal["governance", "compliance"]
    OperatingSystem: TypeAlias = Literal["linux", "windows"]
    Profile: TypeAlias = Literal["baseline", "studio", "content"]
    Protocol: TypeAlias = Literal["tcp", "udp"]
    Purchase: TypeAlias = Literal["on-demand", "spot"]
    Role: TypeAlias = Literal["editing", "vfx", "color", "audio", "photo", "ml"]
    Size: TypeAlias = Literal["small", "medium", "large", "xlarge"]
    Zone: TypeAlias = Literal["content", "io", "mgmt"]
else:
    Access = AtLimit = Day = DiskDevice = Effect = EndpointService = GoogleKeyUser = KeyService = KeyUser = (
        Lifecycle
    ) = LockMode = OperatingSystem = Profile = Purchase = str
    Protocol = Role = Size = Zone = str
