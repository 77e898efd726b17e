"""Taking out of a machine what must not be the same on every machine that is made of it, or must not leave it."""

from typing import Final

from soundstage.images.ssh import FOLDER
from soundstage.images.steps.command import MINUTE, Command, System

_LINUX: Final = rf"""
# What names this one machine: the next one names itself at its first start.
if command -v cloud-init >/dev/null; then cloud-init clean --logs --machine-id --seed; fi
: >/etc/machine-id
rm -f /var/lib/dbus/machine-id /etc/ssh/ssh_host_*
rm -f /etc/dcv/dcv.pem /etc/dcv/dcv.key
rm -rf /var/lib/amazon/ssm/* /var/snap/amazon-ssm-agent/common/Vault /var/lib/soundstage /etc/soundstage
# Who may come in, and what was done here.
find /root /home -xdev \( -path '*/.ssh/authorized_keys' -o -name '.bash_history' -o -name '.lesshst' -o -name '.wget-hsts' \) -delete
# Whoever signed in by OS Login has a home here, and is in no file of accounts.
for home in /home/*; do
  if [ -d "$home" ] && ! getent -s files passwd "${{home##*/}}" >/dev/null; then rm -rf -- "$home"; fi
done
rm -rf /var/cache/soundstage /tmp/* /var/tmp/* {FOLDER}
if command -v apt-get >/dev/null; then apt-get clean; rm -rf /var/lib/apt/lists/*; fi
if command -v dnf >/dev/null; then dnf clean all -q; fi
find /var/log -xdev -type f -exec truncate -s 0 {{}} +
rm -rf /var/log/journal/*
sync
"""

_WINDOWS: Final = r"""
Remove-Item -Recurse -Force 'C:\ProgramData\Soundstage\cache' -ErrorAction SilentlyContinue
Remove-Item -Force 'C:\ProgramData\ssh\ssh_host_*', 'C:\ProgramData\ssh\administrators_authorized_keys' -ErrorAction SilentlyContinue
Clear-EventLog -LogName Application, System -ErrorAction SilentlyContinue
Remove-Item (Get-PSReadLineOption).HistorySavePath -ErrorAction SilentlyContinue
& 'C:\Program Files\Amazon\EC2Launch\EC2Launch.exe' sysprep --clean --shutdown
"""

SEALED: Final = "find /etc/ssh -name 'ssh_host_*' | wc -l; find /root /home -xdev -name authorized_keys | wc -l; wc -c </etc/machine-id"
"""A question whose answer is three zeroes on a sealed Linux machine."""


def seal(system: System) -> Command:
    """The last command of a bake. On Windows the machine shuts itself down when it is done, and must not be stopped before: a
    machine that is stopped in the middle of that never starts again."""
    if system == "windows":
        return Command(_WINDOWS.strip(), "take out what is this machine's own", 45 * MINUTE)
    return Command(f"set -eu\n{_LINUX.strip()}", "take out what is this machine's own", 10 * MINUTE)
