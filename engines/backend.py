"""Where the genuine engine keeps its state: what `stacks` decides and the engine is given."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from soundstage.engines.base import StackName


@dataclass(frozen=True)
class Backend:
    """Where the engine keeps state and how it encrypts secrets.

    `url` is what `pulumi login` takes (`file://…`, `s3://…`, `gs://…`, `azblob://…`, `https://…`); `secrets` is `passphrase` or
    a key's URL (`awskms://…`, `gcpkms://…`); `environment` is handed to the command only. `organisation` is Pulumi Cloud's;
    when it is empty there, the stack belongs to whoever's token it is. `client` makes the boto3 client (of `s3`) that reads the
    locks and copies in an `s3://…`.
    """

    url: str
    secrets: str = "passphrase"
    environment: Mapping[str, str] = field(default_factory=dict)
    organisation: str = ""
    client: Callable[[str], Any] | None = None

    def name(self, stack: StackName) -> str:
        """What the stack is called there."""
        return f"{self.organisation}/{stack}" if self.organisation else stack.stack
