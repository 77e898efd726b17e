"""moto reads the time in one place that everything else calls. Here it can be told the time, so that a request that is
executed again after a restart leaves the same launch and creation times as before."""

import contextlib
import datetime as genuine
import types
from collections.abc import Iterator
from typing import Any

import moto.core.utils
import moto.s3.models

_now: list[genuine.datetime] = []


class _Datetime(genuine.datetime):
    @classmethod
    def now(cls, tz: genuine.tzinfo | None = None) -> Any:
        if _now:
            return _now[-1].astimezone(tz) if tz else _now[-1].astimezone().replace(tzinfo=None)
        return genuine.datetime.now(tz)


@contextlib.contextmanager
def at(seconds: float) -> Iterator[None]:
    """Inside, moto believes that it is `seconds` after the epoch."""
    _now.append(genuine.datetime.fromtimestamp(seconds, genuine.UTC))
    try:
        yield
    finally:
        _now.pop()


def apply() -> None:
    """Give moto a clock that `at` can set."""
    clock = types.SimpleNamespace(**{name: getattr(genuine, name) for name in genuine.__all__})
    clock.datetime = _Datetime
    for module in (moto.core.utils, moto.s3.models):
        vars(module)["datetime"] = clock
