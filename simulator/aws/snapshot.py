"""The whole simulated cloud as bytes: moto's backends, what is remembered beside them, and how far it goes."""

import io
from importlib import import_module
from typing import Any

import dill  # type: ignore[import-untyped]
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from moto.core.base_backend import BackendDict
from moto.s3.models import s3_backends
from moto.ssm.models import ParameterDict

from soundstage.simulator.memory import Memory


def pack(number: int, memory: Memory) -> bytes:
    """Everything up to call `number`. One pickle, so that what two backends share stays shared."""
    worlds = {
        (*_home(backends), account, region): backend
        for backends in vars(BackendDict)["_instances"]
        for account, of_account in dict.items(backends)
        for region, backend in dict.items(of_account)
    }
    out = io.BytesIO()
    dill.dump({"number": number, "memory": memory, "worlds": worlds}, out, recurse=False)
    return out.getvalue()


def unpack(content: bytes) -> tuple[int, Memory]:
    """Put back what was packed: the number of the last call included, and the memory."""
    kept = dill.loads(content)  # noqa: S301 - sealed with a key that only its owner has
    for (module, name, account, region), backend in kept["worlds"].items():
        dict.__setitem__(getattr(import_module(module), name)[account], region, backend)
    for account, of_account in dict.items(s3_backends):
        for partition, s3 in dict.items(of_account):
            s3_backends.bucket_accounts.update((name, (partition, account)) for name in s3.buckets)
    return kept["number"], kept["memory"]


def _home(backends: BackendDict[Any]) -> tuple[str, str]:
    """The module and name under which moto keeps a service's backends."""
    module = backends.backend.__module__
    return module, next(name for name, value in vars(import_module(module)).items() if value is backends)


def _private_key(der: bytes) -> Any:
    return serialization.load_der_private_key(der, None)


def _parameters(about: dict[str, Any], content: dict[str, Any]) -> ParameterDict:
    made = ParameterDict(about["account_id"], about["region_name"])
    vars(made).update(about)
    dict.update(made, content)
    return made


def _register_reducers() -> None:
    """Teach dill what it cannot save by itself: private keys live outside Python, and SSM's parameters hold a lambda."""

    def save_key(pickler: Any, key: Any) -> None:
        form = (serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        pickler.save_reduce(_private_key, (key.private_bytes(*form),), obj=key)

    def save_parameters(pickler: Any, parameters: ParameterDict) -> None:
        pickler.save_reduce(_parameters, (dict(vars(parameters)), dict(parameters)), obj=parameters)

    for made in (rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP256R1())):
        dill.register(type(made))(save_key)
    dill.register(ParameterDict)(save_parameters)


_register_reducers()
