"""What calls to KMS need, and what calls to other services need of the keys that they use.

Source: Service Authorization Reference, "AWS Key Management Service"; Amazon S3 user guide, "Using server-side encryption
with AWS KMS keys"; Amazon EBS user guide, "Requirements for Amazon EBS encryption" (2026-11).
"""

import base64
from collections.abc import Iterable, Mapping
from typing import Any, Final

from soundstage.simulator.aws.iam.need import Need, action_of, tagged
from soundstage.simulator.aws.iam.world import World
from soundstage.simulator.aws.request import AwsRequest

_ID_LENGTH: Final = 36


def needs(request: AwsRequest, world: World) -> list[Need]:
    """The permissions for a call to KMS itself."""
    action, params = action_of(request), request.params
    alias = params.get("AliasName")
    found = [Need(action, world.arn("kms", alias))] if alias else []
    told = _encryption_context(params)
    context = {"kms:calleraccount": world.account, **{f"kms:encryptioncontext:{k.lower()}": v for k, v in told.items()}}
    if request.operation == "CreateGrant":
        context["kms:grantisforawsresource"] = "false"
        context["kms:granteeprincipal"] = str(params.get("GranteePrincipal", ""))
    named = [params[name] for name in ("KeyId", "TargetKeyId", "SourceKeyId", "DestinationKeyId") if params.get(name)]
    if alias and not named:
        named = [alias]
    if request.operation == "ReEncrypt":
        source = str(params.get("SourceKeyId") or _key_of(params))
        found += of_key(world, ["kms:ReEncryptFrom"], source, context, told)
        named, action = [str(params.get("DestinationKeyId", ""))], "kms:ReEncryptTo"
    if request.operation == "Decrypt" and not named:
        named = [_key_of(params)]
    for name in named:
        found += of_key(world, [action], str(name), context, told)
    return found or [Need(action)]


def of_key(
    world: World, actions: Iterable[str], named: str, context: Mapping[str, str], told: Mapping[str, str]
) -> list[Need]:
    """Permissions on one key. `told` is the encryption context. A key that does not exist asks for `*`."""
    key = world.key(named)
    if key is None:
        return [Need(action, "*", dict(context)) for action in actions]
    facts = {**context, **tagged(world.tags_of("kms", key.arn)), **_aliases(key)}
    return [Need(action, key.arn, facts, world.key_policy(key, action.partition(":")[2], told)) for action in actions]


def _aliases(key: Any) -> dict[str, list[str]]:
    return {"kms:resourcealiases": sorted(key.aliases)} if key.aliases else {}


def through(
    world: World, service: str, actions: Iterable[str], named: str, told: Mapping[str, str] | None = None
) -> list[Need]:
    """What a service asks of KMS in the caller's name. AWS's own keys (`aws/ebs`) are open to whoever uses the service."""
    key = world.key(named)
    if key is None or key.key_manager == "AWS" or any(name.startswith("alias/aws/") for name in key.aliases):
        return []
    context = {
        "kms:viaservice": f"{service}.{key.region}.amazonaws.com",
        "kms:calleraccount": world.account,
        "kms:grantisforawsresource": "true",
        "aws:viaawsservice": "true",
        **{f"kms:encryptioncontext:{name.lower()}": value for name, value in (told or {}).items()},
    }
    return of_key(world, actions, key.arn, context, told or {})


def _key_of(params: Mapping[str, Any]) -> str:
    """The id of the key that sealed a text: moto writes it before the text itself."""
    sealed = params.get("CiphertextBlob", "")
    try:
        return base64.b64decode(sealed)[:_ID_LENGTH].decode() if isinstance(sealed, str) else ""
    except ValueError:
        return ""


def _encryption_context(params: Mapping[str, Any]) -> dict[str, str]:
    told = params.get("EncryptionContext") or {}
    return {str(key): str(value) for key, value in told.items()} if isinstance(told, dict) else {}
