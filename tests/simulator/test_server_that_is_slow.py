"""A server that a busy machine lets wait is there all the same: it was told as one that does not run, and its files were deleted."""

import os
import signal
import threading
from pathlib import Path

import pytest

from soundstage.core.errors import SimulatorError
from soundstage.simulator import process
from soundstage.simulator.faultrules import FaultRule
from soundstage.simulator.testing import simulated_cloud


def test_an_order_waits_for_a_server_that_is_slow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_ANSWER_SECONDS", 0.01)
    rule = FaultRule("ec2:DescribeVpcs", "denied")
    with simulated_cloud(tmp_path) as cloud:
        os.kill(cloud.pid, signal.SIGSTOP)
        again = threading.Timer(0.2, os.kill, (cloud.pid, signal.SIGCONT))
        again.start()
        try:
            process.set_faults(tmp_path, [rule])
        finally:
            again.join()
        assert process.list_faults(tmp_path) == (rule,)


def test_a_server_that_is_slow_is_ended_and_not_told_as_one_that_does_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "_ANSWER_SECONDS", 0.01)
    with simulated_cloud(tmp_path) as cloud:
        os.kill(cloud.pid, signal.SIGSTOP)
        again = threading.Timer(0.2, os.kill, (cloud.pid, signal.SIGCONT))
        again.start()
        try:
            assert process.stop(tmp_path)
        finally:
            again.join()


def test_a_reset_deletes_nothing_under_a_server_that_does_not_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with simulated_cloud(tmp_path) as cloud:
        cloud.client("s3").create_bucket(
            Bucket="media-slow", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
        with monkeypatch.context() as hurried:
            for name in ("_ANSWER_SECONDS", "_ENDING_SECONDS"):
                hurried.setattr(process, name, 0.1)
            os.kill(cloud.pid, signal.SIGSTOP)
            try:
                with pytest.raises(SimulatorError, match="cannot be used"):
                    process.reset(tmp_path)
            finally:
                os.kill(cloud.pid, signal.SIGCONT)
        assert [one["Name"] for one in cloud.client("s3").list_buckets()["Buckets"]] == ["media-slow"]
        folder = process._folder(tmp_path)
        assert all((folder / name).exists() for name in ("journal", "key"))
        process.reset(tmp_path)
        assert cloud.client("s3").list_buckets()["Buckets"] == []
