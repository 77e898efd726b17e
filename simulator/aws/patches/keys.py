"""Key material of KMS comes from the operating system, so a key made again from the journal would not open what the
first one had encrypted. Taken from moto's seeded source instead, it is the same key. And moto makes an RSA pair for every
symmetric key, which takes fifty milliseconds and is never used."""

from typing import Any, Final

import moto.kms.models
import moto.kms.utils
from moto.moto_api._internal import mock_random


def _master_key() -> bytes:
    return mock_random.getrandbits(8 * moto.kms.utils.MASTER_KEY_LEN).to_bytes(moto.kms.utils.MASTER_KEY_LEN, "big")


_SYMMETRIC: Final = ("SYMMETRIC_DEFAULT", "HMAC_")
_private_key = moto.kms.utils.generate_private_key


def _private_key_if_any(key_spec: str) -> Any:
    return None if key_spec.startswith(_SYMMETRIC) else _private_key(key_spec)


_BY_ID: Final = ("cancel_key_deletion", "disable_key", "enable_key", "replicate_key", "schedule_key_deletion")
"""What moto does with the id of a key alone; AWS takes its ARN as well (AWS KMS API Reference, read 2026-11)."""


def _also_by_arn(name: str) -> Any:
    done = getattr(moto.kms.models.KmsBackend, name)

    def by_either(backend: Any, key_id: str, *more: Any, **named: Any) -> Any:
        return done(backend, backend.get_key_id(key_id), *more, **named)

    return by_either


def apply() -> None:
    """Let KMS keys follow the seed of the request that makes them, and be named by id or ARN."""
    for name in _BY_ID:
        setattr(moto.kms.models.KmsBackend, name, _also_by_arn(name))
    for module in (moto.kms.utils, moto.kms.models):
        vars(module)["generate_master_key"] = _master_key
    vars(moto.kms.models)["generate_private_key"] = _private_key_if_any
