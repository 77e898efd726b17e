"""VPC endpoints: moto leaves a policy as it is that somebody resets to the one which allows everything, and the routes of a gateway
endpoint where they were when its route tables change; it then refuses to delete the endpoint for want of a route, and fails to delete one that was made without a type.

Sources: Amazon EC2 API Reference, "ModifyVpcEndpoint" and "DeleteVpcEndpoints"; Amazon VPC User Guide, "Gateway endpoints": the
route is added to each associated route table, and deleted with the association (2026-11).
"""

import json
from typing import Any

from soundstage.simulator.answer import Answer
from soundstage.simulator.aws.gaps import Call


def modify_vpc_endpoint(call: Call) -> Answer:
    answer = call.forward()
    if answer.status == 200:
        ec2 = call.moto("ec2")
        endpoint = ec2.vpc_end_points[call.params["VpcEndpointId"]]
        if call.params.get("ResetPolicy") == "true":
            endpoint.policy_document = json.dumps(endpoint.DEFAULT_POLICY)
        _route(ec2, endpoint)
    return answer


def delete_vpc_endpoints(call: Call) -> Answer:
    ec2 = call.moto("ec2")
    for endpoint in ec2.vpc_end_points.values():
        endpoint.vpc_endpoint_type = endpoint.vpc_endpoint_type or "Gateway"
        _route(ec2, endpoint)
    return call.forward()


def _route(ec2: Any, endpoint: Any) -> None:
    """Have the route tables of a gateway endpoint, and no others, lead to it. A table that is gone is none of its tables."""
    to = endpoint.destination_prefix_list_id
    if not to or endpoint.state == "deleted":
        return
    endpoint.route_table_ids = [table for table in endpoint.route_table_ids if table in ec2.route_tables]
    for name, table in ec2.route_tables.items():
        leads = any(route.gateway and route.gateway.id == endpoint.id for route in table.routes)
        if name in endpoint.route_table_ids and not leads:
            ec2.create_route(name, None, gateway_id=endpoint.id, destination_prefix_list_id=to)
        elif leads and name not in endpoint.route_table_ids:
            ec2.delete_route(name, to)
