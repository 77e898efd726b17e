# The start of a Linux workstation on Google Cloud. The facts stand before it as shell variables; Google's guest agent runs it as root
# at every start (Compute Engine, "Use startup scripts on Linux VMs", read 2026-11). Each step is repeatable, and one that fails does not
# keep the others from running.
set -u
umask 022
FAILED=''

# write PATH MODE TEXT
write() {
  mkdir -p -- "$(dirname -- "$1")"
  printf %s "$3" >"$1.new"
  chmod "$2" -- "$1.new"
  mv -f -- "$1.new" "$1"
}

# Only a disk without partitions, without any signature and with zeroes at its start is ever formatted.
blank() {
  local found=0
  [ "$(lsblk -nro NAME -- "$1" | wc -l)" = 1 ] || return 1
  blkid -p -- "$1" >/dev/null 2>&1 || found=$?
  [ "$found" = 2 ] && cmp -s -n 1048576 -- "$1" /dev/zero
}

# mount_disk DEVICE LABEL FOLDER
mount_disk() {
  local device kind uuid
  mountpoint -q -- "$3" && return 0
  [ -e "$1" ] || { echo "the disk $1 for $3 is not attached"; return 1; }
  device=$(readlink -f -- "$1")
  if blank "$device"; then
    mkfs.ext4 -q -m 0 -L "$2" -- "$device"
    udevadm settle
  fi
  kind=$(blkid -p -s TYPE -o value -- "$device") || kind=unknown
  case "$kind" in
    ext4 | xfs) ;;
    *) echo "the disk for $3 holds something that is not ours ($kind); it is left as it is"; return 1 ;;
  esac
  uuid=$(blkid -p -s UUID -o value -- "$device")
  mkdir -p -- "$3"
  mount -o nodev,nosuid,noatime "UUID=$uuid" "$3"
  # The disk may have grown since.
  [ "$kind" != ext4 ] || resize2fs "$device" || echo "the file system of $3 could not be made as large as its disk"
  # People come in as themselves, by OS Login, and the machine is one person's: who may come in may write.
  chmod 1777 -- "$3"
}

data_disk() {
  [ "$DATA_DISK" = no ] || mount_disk /dev/disk/by-id/google-work soundstage-data /data
}

scratch_disk() {
  local device number=1 folder=/scratch
  for device in /dev/disk/by-id/google-local-nvme-ssd-*; do
    [ -b "$device" ] || continue
    mount_disk "$device" "soundstage-tmp$number" "$folder" || return 1
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
  write /etc/systemd/system/soundstage-idle.timer 0644 "[Unit]
Description=Look once a minute whether this workstation is idle

[Timer]
OnBootSec=5min
OnUnitActiveSec=1min
AccuracySec=5s

[Install]
WantedBy=timers.target
"
  systemctl daemon-reload
  systemctl enable --now soundstage-idle.timer
}

# Whether a display answers. It comes with the image, as the GPU's driver does.
display() {
  [ -n "$(ss -Hltn 'sport = :8443' 2>/dev/null)" ] || { echo "nothing listens on port 8443: the image has no display"; return 1; }
}

own_commands() {
  [ -z "$OWN_COMMANDS" ] || bash -euo pipefail -c "$OWN_COMMANDS"
}

for step in idle_watch data_disk scratch_disk media_drive display own_commands; do
  if ! ("$step"); then
    FAILED="$FAILED $step"
    echo "soundstage: $step failed" >&2
  fi
done
mkdir -p /run/soundstage
printf '{"failed": "%s"}\n' "${FAILED# }" >/run/soundstage/started
[ -z "$FAILED" ]
