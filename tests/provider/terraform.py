"""Finds Terraform and a mirror that holds its AWS provider, and runs it in a folder without ever asking the network.

A mirror is a folder laid out as `registry.terraform.io/hashicorp/aws/VERSION/OS_ARCH/` (Terraform, "Implied Local Mirror
Directories", read 2026-11). It is looked for in `SOUNDSTAGE_TERRAFORM_PLUGINS`, in `TF_PLUGIN_CACHE_DIR`, and in the folders that
Terraform itself takes for mirrors.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

VARIABLE: Final = "SOUNDSTAGE_TERRAFORM_PLUGINS"
PROVIDER: Final = "registry.terraform.io/hashicorp/aws"
_SECONDS: Final = 1_500
"""The longest that one command may take."""
_AT_ONCE: Final = {"plan": 5, "apply": 10, "destroy": 10}
"""Resources that a command works on at once. The provider gives some of its calls 30 seconds, waiting for the answers to others
included, and one process answers them all: with more at once, a busy machine fails what is not wrong. Making and deleting wait
more than they call."""
_ENVIRONMENT: Final = dict(os.environ)
"""As it was before tests were given a home of their own."""


class NoProvider(Exception):
    """There is no Terraform or no provider; says what is missing and how to name it."""


@dataclass(frozen=True)
class Terraform:
    """A command and the mirror that its provider comes from."""

    command: str
    mirror: Path
    version: str
    """Of the provider."""

    def folder(self, path: Path, configuration: Mapping[str, Any]) -> "Folder":
        """A new working folder with this configuration."""
        path.mkdir(parents=True)
        (path / "terraform.rc").write_text(
            f'provider_installation {{\n  filesystem_mirror {{\n    path = "{self.mirror}"\n  }}\n}}\n'
        )
        folder = Folder(self, path)
        folder.write(configuration)
        folder.run("init", "-no-color", "-input=false")
        return folder

    def schemas(self, path: Path) -> dict[str, Any]:
        """What the provider says about itself."""
        needed = {"terraform": {"required_providers": {"aws": {"source": "hashicorp/aws", "version": self.version}}}}
        printed = self.folder(path, needed).run("providers", "schema", "-json").stdout
        found: dict[str, Any] = json.loads(printed)["provider_schemas"][PROVIDER]
        return found


@dataclass(frozen=True)
class Folder:
    """A working folder of Terraform with its state."""

    terraform: Terraform
    path: Path

    def write(self, configuration: Mapping[str, Any]) -> None:
        """Replace the configuration."""
        (self.path / "main.tf.json").write_text(json.dumps(configuration, indent=1))

    def shown(self, plan: str) -> dict[str, Any]:
        """What a saved plan says."""
        found: dict[str, Any] = json.loads(self.run("show", "-json", plan).stdout)
        return found

    def run(
        self, *arguments: str, good: tuple[int, ...] = (0,), log: Path | None = None
    ) -> "subprocess.CompletedProcess[str]":
        """Run a command. An exit code that is not `good` fails with what Terraform said. `log` gets the provider's calls."""
        command, *rest = arguments
        limit = [f"-parallelism={_AT_ONCE[command]}"] if command in _AT_ONCE else []
        logging = {"TF_LOG_PROVIDER": "DEBUG", "TF_LOG_PATH": str(log)} if log else {}
        kept = {name: _ENVIRONMENT[name] for name in ("PATH", "LANG", "TMPDIR") if name in _ENVIRONMENT}
        done = subprocess.run(
            [self.terraform.command, command, *limit, *rest],
            cwd=self.path,
            env={
                **kept,
                "HOME": str(self.path),
                "TF_CLI_CONFIG_FILE": str(self.path / "terraform.rc"),
                "TF_IN_AUTOMATION": "1",
                "CHECKPOINT_DISABLE": "1",
                "AWS_EC2_METADATA_DISABLED": "true",
                **logging,
            },
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        said = "\n".join(line for line in (done.stdout + done.stderr).splitlines() if not _is_progress(line))
        assert done.returncode in good, f"terraform {' '.join(arguments)} ended with {done.returncode}:\n{said[-8000:]}"
        return done


def _is_progress(line: str) -> bool:
    return any(
        word in line
        for word in ("Refreshing state...", "Still creating...", "Creating...", "Destroying...", "omplete after")
    )


def find() -> Terraform:
    """Terraform and the newest provider that a mirror holds; `NoProvider` says what is missing."""
    command = shutil.which("terraform", path=_ENVIRONMENT.get("PATH"))
    if command is None:
        raise NoProvider("there is no `terraform` on PATH")
    for mirror in _mirrors():
        versions = [each.name for each in (mirror / PROVIDER).glob("*") if any(each.glob("*/terraform-provider-aws*"))]
        if versions:
            return Terraform(command, mirror, max(versions, key=lambda name: [int(part) for part in name.split(".")]))
    raise NoProvider(f"no mirror holds the provider hashicorp/aws; name one with {VARIABLE}=FOLDER")


def _mirrors() -> list[Path]:
    home = Path(_ENVIRONMENT.get("HOME", "/"))
    named = [Path(_ENVIRONMENT[name]) for name in (VARIABLE, "TF_PLUGIN_CACHE_DIR") if _ENVIRONMENT.get(name)]
    shared = [Path(each) / "terraform/plugins" for each in ("/usr/local/share", "/usr/share")]
    return [*named, home / ".terraform.d/plugins", home / ".local/share/terraform/plugins", *shared]
