"""VPC endpoints: moto leaves a policy as it is that somebody resets to the one which allows everything.

Source: Amazon EC2 API Reference, "ModifyVpcEndpoint" (2026-11).
"""

import json

from soundstage.simulator.aws.answer import Answer
from soundstage.simulator.aws.gaps import Call


def _modify(call: Call) -> Answer:
    answer = call.forward()
    if answer.status == 200 and call.params.get("ResetPolicy") == "true":
        endpoint = call.moto("ec2").vpc_end_points[call.params["VpcEndpointId"]]
        endpoint.policy_document = json.dumps(endpoint.DEFAULT_POLICY)
    return answer


HANDLERS = {"ModifyVpcEndpoint": _modify}
