"""One simulated account, and users of it."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from soundstage.simulator import process
from soundstage.simulator.process import Endpoint


@dataclasses.dataclass(frozen=True)
class Account:
    """A simulated account in the state folder `home`."""

    home: Path
    owner: Endpoint

    def empty(self) -> None:
        """Begin anew, with the same credentials."""
        process.reset(self.home)

    def user(self, name: str, policies: Sequence[Mapping[str, Any]]) -> Endpoint:
        """The cloud as a new user with these policies sees it; from now on IAM is enforced."""
        iam = self.owner.client("iam")
        iam.create_user(UserName=name)
        for number, policy in enumerate(policies):
            made = iam.create_policy(PolicyName=f"{name}-{number}", PolicyDocument=json.dumps(policy))
            iam.attach_user_policy(UserName=name, PolicyArn=made["Policy"]["Arn"])
        key = iam.create_access_key(UserName=name)["AccessKey"]
        process.set_enforcement(self.home, True)
        return dataclasses.replace(self.owner, access_key=key["AccessKeyId"], secret_key=key["SecretAccessKey"])
