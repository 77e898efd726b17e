"""A machine on a simulated cloud that sessions can be opened to, and the calls that open them."""

import json
from dataclasses import dataclass, field
from typing import Any, Final

from botocore.exceptions import ClientError

from soundstage.components.boot.login import KEY, PROGRAM
from soundstage.core.errors import CloudError, SessionError
from soundstage.sessions.session import Grant, Request
from soundstage.simulator.process import Endpoint

CORE: Final = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
TRUST: Final = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
)
LOGIN: Final = {
    "schemaVersion": "1.0",
    "sessionType": "NonInteractiveCommands",
    "parameters": {
        "way": {"type": "String", "allowedPattern": "^(display|ssh)$"},
        "key": {"type": "String", "allowedPattern": f"^(-|{KEY})$", "default": "-"},
    },
    "properties": {"linux": {"commands": f"{PROGRAM} {{{{ way }}}} {{{{ key }}}}", "runAsElevated": True}},
}


def new_machine(cloud: Endpoint) -> str:
    """A machine in the network that every account has, whose agent answers, and the document of the program that lets people in."""
    ec2, iam = cloud.client("ec2"), cloud.client("iam")
    iam.create_role(RoleName="machine", AssumeRolePolicyDocument=TRUST)
    iam.attach_role_policy(RoleName="machine", PolicyArn=CORE)
    iam.create_instance_profile(InstanceProfileName="machine")
    iam.add_role_to_instance_profile(InstanceProfileName="machine", RoleName="machine")
    image = ec2.describe_images(Filters=[{"Name": "name", "Values": ["ubuntu*"]}])["Images"][0]["ImageId"]
    made = ec2.run_instances(
        ImageId=image, InstanceType="g5.xlarge", MinCount=1, MaxCount=1, IamInstanceProfile={"Name": "machine"}
    )
    cloud.client("ssm").create_document(Name="login", DocumentType="Session", Content=json.dumps(LOGIN))
    return str(made["Instances"][0]["InstanceId"])


@dataclass
class CallsOf:
    """Calls to a simulated cloud, as the product makes them, and what was asked."""

    cloud: Endpoint
    started: list[str] = field(default_factory=list)
    resumed: int = 0

    @property
    def _ssm(self) -> Any:
        return self.cloud.client("ssm")

    def start(self, request: Request) -> Grant:
        parameters = {name: list(values) for name, values in request.parameters.items()}
        try:
            told = self._ssm.start_session(Target=request.target, DocumentName=request.document, Parameters=parameters)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            raise (CloudError if code == "TargetNotConnected" else SessionError)(str(error)) from error
        self.started.append(told["SessionId"])
        return Grant(told["SessionId"], told["StreamUrl"], told["TokenValue"])

    def resume(self, session: str) -> Grant | None:
        self.resumed += 1
        try:
            told = self._ssm.resume_session(SessionId=session)
        except ClientError as error:
            raise CloudError(str(error)) from error
        return Grant(session, told["StreamUrl"], told["TokenValue"]) if told["TokenValue"] else None

    def terminate(self, session: str) -> None:
        self._ssm.terminate_session(SessionId=session)

    def open_sessions(self) -> list[str]:
        return [one["SessionId"] for one in self._ssm.describe_sessions(State="Active")["Sessions"]]
