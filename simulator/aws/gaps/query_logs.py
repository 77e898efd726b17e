"""Route 53 Resolver query logs: how they end, which moto lacks. No query is logged.

Source: Amazon Route 53 API Reference, Route 53 Resolver actions (2026-11).
"""

from soundstage.simulator.answer import Refusal
from soundstage.simulator.aws.gaps import Call, Reply, Shape


def _missing(identity: str) -> Refusal:
    return Refusal("ResourceNotFoundException", f"[RSLVR-01201] The query log '{identity}' does not exist.", 400)


def disassociate_resolver_query_log_config(call: Call) -> Shape:
    """moto has no end of what `AssociateResolverQueryLogConfig` begins."""
    backend = call.moto("route53resolver")
    pair = call.params["ResolverQueryLogConfigId"], call.params["ResourceId"]
    for identity, each in backend.resolver_query_log_config_associations.items():
        if (each.resolver_query_log_config_id, each.resource_id) == pair:
            del backend.resolver_query_log_config_associations[identity]
            backend.resolver_query_log_configs[pair[0]].association_count -= 1
            gone = {**each.description(), "Status": "DELETING"}
            return {"ResolverQueryLogConfigAssociation": gone}
    raise _missing(" ".join(pair))


def delete_resolver_query_log_config(call: Call) -> Shape:
    backend, identity = call.moto("route53resolver"), call.params["ResolverQueryLogConfigId"]
    found = backend.resolver_query_log_configs.get(identity)
    if found is None:
        raise _missing(identity)
    if found.association_count:
        raise Refusal("InvalidRequestException", f"[RSLVR-01209] {identity} is associated with a VPC.", 400)
    del backend.resolver_query_log_configs[identity]
    backend.tagger.delete_all_tags_for_resource(found.arn)
    return {"ResolverQueryLogConfig": {**found.description(), "Status": "DELETING"}}


def create_resolver_query_log_config(call: Call) -> Reply:
    """moto refuses a repeated request; AWS gives the first answer again."""
    for each in call.moto("route53resolver").resolver_query_log_configs.values():
        if each.creator_request_id == call.params.get("CreatorRequestId"):
            return {"ResolverQueryLogConfig": each.description()}
    return call.pass_on()
