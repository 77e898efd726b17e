# The start of a Linux workstation on Google Cloud. The facts stand before it as shell variables; Google's guest agent runs it as root
# at every start (Compute Engine, "Use startup scripts on Linux VMs", read 2026-11). Each step is repeatable, and one that fails does not
# keep the others from running.
set -u
umask 022
FAILED=''

# write PATH MODE TEXT. A file that is as it should be takes no room, so that a full disk breaks nothing that was there.
write() {
  printf %s "$3" | cmp -s - "$1" && return 0
  mkdir -p -- "$(dirname -- "$1")"
  printf %s "$3" >"$1.new"
  chmod "$2" -- "$1.new"
  mv -f -- "$1.new" "$1"
}

# include linux_blank.sh

# mount_disk DEVICE LABEL FOLDER
mount_disk() {
  local uuid kind
  # include linux_mount.sh
  # People come in as themselves, by OS Login, and the machine is one person's: who may come in may write.
  chmod 1777 -- "$3"
}

data_disk() {
  [ "$DATA_DISK" = yes ] || return 0
  local disk=/dev/disk/by-id/google-work
  [ -e "$disk" ] || { echo "the disk $disk for /data is not attached"; return 1; }
  mount_disk "$(readlink -f -- "$disk")" soundstage-data /data
}

scratch_disk() {
  local device number=1 folder=/scratch
  for device in /dev/disk/by-id/google-local-nvme-ssd-*; do
    [ -b "$device" ] || continue
    mount_disk "$(readlink -f -- "$device")" "soundstage-tmp$number" "$folder"
    number=$((number + 1))
    folder="/scratch$number"
  done
}

media_drive() {
  [ -n "$BUCKET" ] || return 0
  command -v gcsfuse >/dev/null || { echo "the image has no gcsfuse, so the bucket $BUCKET is no drive"; return 1; }
  mountpoint -q -- "/media/$PROJECT" && return 0
  mkdir -p -- "/media/$PROJECT"
  gcsfuse --implicit-dirs -o allow_other,nosuid,nodev --dir-mode 777 --file-mode 666 ${PREFIX:+--only-dir "${PREFIX%/}"} "$BUCKET" "/media/$PROJECT"
}

idle_watch() {
  write /etc/soundstage/guard.json 0644 "$GUARD_RULES"
  write /usr/local/sbin/soundstage-idle 0700 "$IDLE_WATCH"
  mkdir -p /var/lib/soundstage
  write /etc/systemd/system/soundstage-idle.service 0644 "[Unit]
Description=Stop this workstation when it is idle

[Service]
Type=oneshot
RuntimeDirectory=soundstage
RuntimeDirectoryPreserve=yes
TimeoutStartSec=5min
ExecStart=/usr/bin/python3 -I /usr/local/sbin/soundstage-idle
"
  # include linux_idle_timer.sh
}

# Google gives a spot machine half a minute, and the guard looks once a minute.
spot_watch() {
  write /usr/local/sbin/soundstage-spot 0700 "$SPOT_WATCH"
  write /etc/systemd/system/soundstage-spot.service 0644 "[Unit]
Description=Tell people when Google takes this spot machine back

[Service]
ExecStart=/usr/bin/python3 -I /usr/local/sbin/soundstage-spot
Restart=on-failure
RestartSec=5
"
  systemctl daemon-reload
  systemctl start --no-block soundstage-spot.service
}

# Whoever OS Login lets sign in to this machine may have its display opened, and may do nothing else as root.
login() {
  write /etc/soundstage/person 0644 "$PERSON"
  write /usr/local/sbin/soundstage-login 0755 "$LOGIN"
  write /etc/sudoers.d/soundstage-login 0440 'ALL ALL=(root) NOPASSWD: /usr/local/sbin/soundstage-login display
'
}

# The desktop of the person, and the display that shows it, where the image has them. People sign in by SSH as themselves (OS Login);
# the desktop is the account's of the machine's person, and both write to /data.
desktop() {
  [ -x /usr/local/sbin/soundstage-display ] || return 0
  id -u "$PERSON" >/dev/null 2>&1 || useradd --create-home --shell /bin/bash -- "$PERSON"
  local conf=/etc/gdm3/custom.conf
  if ! grep -q "^AutomaticLogin=$PERSON\$" "$conf"; then
    sed -i "/^AutomaticLogin/d; s/^\[daemon\]/[daemon]\nAutomaticLoginEnable=true\nAutomaticLogin=$PERSON/" "$conf"
    systemctl restart --no-block display-manager.service
  fi
  if command -v nvidia-xconfig >/dev/null && [ ! -f /etc/X11/xorg.conf ]; then
    nvidia-xconfig --preserve-busid --enable-all-gpus
    systemctl restart --no-block display-manager.service
  fi
  systemctl start --no-block soundstage-display.service
  local left=120
  while [ "$left" -gt 0 ] && [ -z "$(ss -Hltn 'sport = :8443' 2>/dev/null)" ]; do
    sleep 1
    left=$((left - 1))
  done
}

# Whether a display answers. It comes with the image, as the GPU's driver does.
display() {
  [ -n "$(ss -Hltn 'sport = :8443' 2>/dev/null)" ] || { echo "nothing listens on port 8443: the image has no display"; return 1; }
}

own_commands() {
  [ -z "$OWN_COMMANDS" ] || bash -euo pipefail -c "$OWN_COMMANDS"
}

for step in idle_watch spot_watch login data_disk scratch_disk media_drive desktop display own_commands; do
  # In a condition bash would ignore `set -e` inside the step as well, so the status is taken afterwards.
  (set -e; "$step")
  status=$?
  [ "$status" = 0 ] || { FAILED="$FAILED $step"; echo "soundstage: $step failed with $status" >&2; }
done
mkdir -p /run/soundstage
printf '{"failed": "%s"}\n' "${FAILED# }" >/run/soundstage/started
[ -z "$FAILED" ]
