"""The boot script of a machine, by its operating system."""

from soundstage.components.boot.facts import LONGEST_USER_DATA, BootFacts
from soundstage.components.boot.linux import linux_script
from soundstage.components.boot.windows import windows_script
from soundstage.core.errors import ArgumentError


def boot_script(os: str, facts: BootFacts) -> bytes:
    """User data for EC2. `os` is `linux` or `windows`. Raises `ArgumentError` when EC2 would refuse its length."""
    script = windows_script(facts) if os == "windows" else linux_script(facts)
    excess = len(script) - LONGEST_USER_DATA
    if excess > 0:
        raise ArgumentError(
            f'The boot script of "{facts.workstation}" is {excess} bytes longer than EC2 accepts.',
            "Keep boot_commands short: let them fetch a longer script, from the media bucket for example, and run it.",
        )
    return script
