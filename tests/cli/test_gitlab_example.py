"""The pipeline for GitLab: what GitLab's own schema takes, shell that a shell reads, and a note with the price that is written once."""

import importlib.resources
import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

FILES = ("gitlab-ci.yaml", "infrastructure-gitlab.yaml")
PRICE = "price-31.md"
"""What the pipeline 31 writes and reads."""
WORDS = ("stages", "default", "include", "variables", "workflow")


@pytest.fixture(params=FILES)
def pipeline(request: pytest.FixtureRequest, repository: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((repository / "examples" / "ci" / request.param).read_text())
    return found


def test_it_is_what_the_published_schema_of_gitlab_takes(pipeline: dict[str, Any]) -> None:
    """GitLab's schema, as check-jsonschema carries it."""
    check = pytest.importorskip(
        "check_jsonschema", reason="check-jsonschema carries GitLab's schema, and is not installed"
    )
    file = importlib.resources.files(check) / "builtin_schemas" / "vendor" / "gitlab-ci.json"
    jsonschema.validate(pipeline, json.loads(file.read_text("utf-8")))


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_every_step_is_shell_that_a_shell_reads(pipeline: dict[str, Any]) -> None:
    jobs = [job for name, job in pipeline.items() if name not in WORDS]
    steps = [step for job in jobs for key in ("before_script", "script") for step in job.get(key, ())]
    assert len(steps) > 5
    for step in steps:
        done = subprocess.run(["bash", "-n"], input=step, text=True, capture_output=True, check=False)
        assert done.returncode == 0, f"{step}: {done.stderr}"


def test_every_job_is_of_a_stage_that_there_is_and_needs_jobs_that_there_are(pipeline: dict[str, Any]) -> None:
    stages = pipeline.get("stages", ["build", "test", "deploy"])
    for name, job in pipeline.items():
        if name in WORDS or name.startswith("."):
            continue
        assert job.get("stage", "test") in stages
        assert set(job.get("needs", ())) <= set(pipeline)
        assert job.get("extends", ".none") in (".none", *pipeline)


def test_what_holds_the_token_for_notes_runs_nothing_of_the_merge_request_and_has_no_role(repository: Path) -> None:
    pipeline = yaml.safe_load((repository / "examples" / "ci" / "infrastructure-gitlab.yaml").read_text())
    job = pipeline["price-note"]
    assert job["variables"] == {"GIT_STRATEGY": "none"}
    assert not {"extends", "id_tokens", "before_script"} & set(job)
    assert "NOTE_TOKEN" not in json.dumps({name: one for name, one in pipeline.items() if name != "price-note"})


NEEDS = pytest.mark.skipif(shutil.which("bash") is None or shutil.which("git") is None, reason="needs bash and git")


def git(folder: Path, *words: str) -> None:
    who = ("-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "protocol.file.allow=always")
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True)


def merge_request(folder: Path, **files: str) -> Path:
    """What a runner has of a merge request that brings these files, with the branch that it goes to as its origin."""
    origin = folder / "origin"
    (origin / "ci").mkdir(parents=True)
    git(origin, "init", "--quiet", "--initial-branch=main")
    for branch in ("main", "change"):
        if branch == "change":
            git(origin, "checkout", "--quiet", "-b", branch)
            for name, text in files.items():
                (origin / name).mkdir(parents=True)
                (origin / name / "requirements.txt").write_text(text)
        (origin / "ci" / "requirements.txt").write_text(f"of {branch}")
        git(origin, "add", ".")
        git(origin, "commit", "--quiet", "--message", branch)
    git(folder, "clone", "--quiet", "--branch", "change", origin.as_uri(), "kept")
    return folder / "kept"


def installed(repository: Path, folder: Path, target: str | None) -> subprocess.CompletedProcess[str]:
    """Which program the step before each job would install."""
    pipeline = yaml.safe_load((repository / "examples" / "ci" / "infrastructure-gitlab.yaml").read_text())
    [step] = [one for one in pipeline[".soundstage"]["before_script"] if "worktree" in one]
    env = {name: value for name, value in os.environ.items() if not name.startswith(("CI_", "GIT_"))}
    if target is not None:
        env["CI_MERGE_REQUEST_TARGET_BRANCH_NAME"] = target
    script = f"{step}\ncat ci/requirements.txt"
    return subprocess.run(["bash", "-uc", script], cwd=folder, env=env, text=True, capture_output=True, check=False)


@NEEDS
def test_a_runner_that_keeps_its_folder_installs_the_program_of_the_target_branch_each_time(
    repository: Path, tmp_path: Path
) -> None:
    folder = merge_request(tmp_path)
    for _ in range(3):
        assert installed(repository, folder, "main").stdout == "of main"
        git(folder, "clean", "-ffdx")  # as GitLab Runner does between jobs


@NEEDS
@pytest.mark.parametrize(("target", "files"), [("main", {"base": "of somebody"}), ("gone", {})])
def test_where_the_target_branch_cannot_be_had_nothing_of_the_merge_request_is_installed(
    repository: Path, tmp_path: Path, target: str, files: dict[str, str]
) -> None:
    """A merge request may bring a folder of that name."""
    done = installed(repository, merge_request(tmp_path, **files), target)
    assert done.returncode != 0
    assert done.stdout == ""


@NEEDS
def test_a_push_and_a_schedule_have_no_merge_request_and_take_what_is_there(repository: Path, tmp_path: Path) -> None:
    assert installed(repository, merge_request(tmp_path), None).stdout == "of change"


class GitLab(BaseHTTPRequestHandler):
    """Notes of one merge request, as GitLab's API keeps them (GitLab documentation, "Notes API", read 2026-11)."""

    notes: list[dict[str, Any]]
    asked: list[tuple[str, str, str | None]]
    status: int = 200

    def _answer(self) -> None:
        type(self).asked.append((self.command, self.path, self.headers["PRIVATE-TOKEN"]))
        length = int(self.headers.get("Content-Length") or 0)
        sent = json.loads(self.rfile.read(length)) if length else {}
        if self.command == "POST":
            self.notes.append({"id": len(self.notes) + 1, **sent})
        elif self.command == "PUT":
            self.notes[int(self.path.rpartition("/")[2]) - 1].update(sent)
        data = json.dumps(self.notes if self.command == "GET" else {}).encode()
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PUT = _answer

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def gitlab() -> Iterator[tuple[str, type[GitLab]]]:
    served = type("Served", (GitLab,), {"notes": [{"id": 1, "body": "Looks good."}], "asked": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), served)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/api/v4", served
    server.shutdown()
    server.server_close()


def noting(repository: Path, folder: Path, url: str, token: str) -> subprocess.CompletedProcess[str]:
    pipeline = yaml.safe_load((repository / "examples" / "ci" / "infrastructure-gitlab.yaml").read_text())
    [step] = pipeline["price-note"]["script"]
    told = {
        "CI_API_V4_URL": url,
        "CI_PROJECT_ID": "7",
        "CI_PIPELINE_ID": "31",
        "CI_MERGE_REQUEST_IID": "12",
        "NOTE_TOKEN": token,
        "NO_PROXY": "127.0.0.1",
    }
    return subprocess.run(
        ["bash", "-euc", step], cwd=folder, env={**os.environ, **told}, text=True, capture_output=True, check=False
    )


def noted(repository: Path, folder: Path, url: str, token: str) -> str:
    done = noting(repository, folder, url, token)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_the_price_is_noted_once_and_written_anew_with_each_push(
    repository: Path, tmp_path: Path, gitlab: tuple[str, type[GitLab]]
) -> None:
    url, served = gitlab
    for price in ("**+12.30 USD**", "**+4.10 USD**"):
        (tmp_path / PRICE).write_text(f"### projects/teaser.yaml\n{price}\n")
        noted(repository, tmp_path, url, "secret")
    assert [note["body"].splitlines()[-1] for note in served.notes] == ["Looks good.", "**+4.10 USD**"]
    assert [(method, path.partition("?")[0]) for method, path, _ in served.asked] == [
        ("GET", "/api/v4/projects/7/merge_requests/12/notes"), ("POST", "/api/v4/projects/7/merge_requests/12/notes"),
        ("GET", "/api/v4/projects/7/merge_requests/12/notes"), ("PUT", "/api/v4/projects/7/merge_requests/12/notes/2"),
    ]  # fmt: skip
    assert {token for _, _, token in served.asked} == {"secret"}


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_without_a_token_nothing_is_asked_and_the_pipeline_goes_on(
    repository: Path, tmp_path: Path, gitlab: tuple[str, type[GitLab]]
) -> None:
    url, served = gitlab
    (tmp_path / PRICE).write_text("x")
    assert "nothing is noted" in noted(repository, tmp_path, url, "")
    assert served.asked == []


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_the_price_of_another_merge_request_that_a_runner_kept_is_not_noted(
    repository: Path, tmp_path: Path, gitlab: tuple[str, type[GitLab]]
) -> None:
    """GitLab does not clean the folder of a job without Git, and a preview that ends early writes no price."""
    url, served = gitlab
    for name in ("price.md", "price-30.md"):
        (tmp_path / name).write_text("of another one")
    assert "nothing is noted" in noted(repository, tmp_path, url, "secret")
    assert served.asked == []


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_a_preview_hands_on_the_price_that_the_note_is_made_of(repository: Path, tmp_path: Path) -> None:
    pipeline = yaml.safe_load((repository / "examples" / "ci" / "infrastructure-gitlab.yaml").read_text())
    [step] = pipeline["preview"]["script"]
    (tmp_path / "projects").mkdir()
    for name in ("film.yaml", "film.policy.yaml", "teaser.yaml"):
        (tmp_path / "projects" / name).write_text("")
    told = {**os.environ, "CI_PIPELINE_ID": "31"}
    script = f'workstation() {{ [ "$1" = preview ] || echo "price of $2"; }}\n{step}'
    subprocess.run(["bash", "-uc", script], cwd=tmp_path, env=told, check=True)
    assert (tmp_path / PRICE).read_text().splitlines() == [
        "### projects/film.yaml", "price of projects/film.yaml", "### projects/teaser.yaml", "price of projects/teaser.yaml",
    ]  # fmt: skip
    assert [path.replace("$CI_PIPELINE_ID", "31") for path in pipeline["preview"]["artifacts"]["paths"]] == [PRICE]


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_a_file_of_the_merge_request_that_a_runner_kept_is_not_run_with_the_token(
    repository: Path, tmp_path: Path, gitlab: tuple[str, type[GitLab]]
) -> None:
    url, served = gitlab
    (tmp_path / "json.py").write_text("raise SystemExit('taken')")
    (tmp_path / PRICE).write_text("x")
    noted(repository, tmp_path, url, "secret")
    assert len(served.notes) == 2


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_a_token_that_has_expired_is_said_without_showing_it(
    repository: Path, tmp_path: Path, gitlab: tuple[str, type[GitLab]]
) -> None:
    url, served = gitlab
    served.status = 401
    (tmp_path / PRICE).write_text("x")
    done = noting(repository, tmp_path, url, "glpat-secret")
    assert done.returncode != 0
    assert "whether NOTE_TOKEN has expired" in done.stderr
    assert "Traceback" not in done.stderr
    assert "glpat-secret" not in done.stdout + done.stderr
