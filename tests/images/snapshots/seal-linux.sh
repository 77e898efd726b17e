set -eu
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
  if [ -d "$home" ] && ! getent -s files passwd "${home##*/}" >/dev/null; then rm -rf -- "$home"; fi
done
rm -rf /var/cache/soundstage /tmp/* /var/tmp/* /var/lib/soundstage-bake
if command -v apt-get >/dev/null; then apt-get clean; rm -rf /var/lib/apt/lists/*; fi
if command -v dnf >/dev/null; then dnf clean all -q; fi
find /var/log -xdev -type f -exec truncate -s 0 {} +
rm -rf /var/log/journal/*
sync
