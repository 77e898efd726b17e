"""Key material of KMS comes from the operating system, so a key made again from the journal would not open what the
first one had encrypted. Taken from moto's seeded source instead, it is the same key."""

import moto.kms.models
import moto.kms.utils
from moto.moto_api._internal import mock_random


def _master_key() -> bytes:
    return mock_random.getrandbits(8 * moto.kms.utils.MASTER_KEY_LEN).to_bytes(moto.kms.utils.MASTER_KEY_LEN, "big")


def apply() -> None:
    """Let KMS keys follow the seed of the request that makes them."""
    for module in (moto.kms.utils, moto.kms.models):
        if "generate_master_key" in vars(module):
            vars(module)["generate_master_key"] = _master_key
