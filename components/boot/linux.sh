# Runs as root at every start. Each step is repeatable, and one that fails leaves the others alone.
FAILED=()

# In a condition bash would ignore `set -e` inside the step as well, so the status is taken afterwards.
step() {
  local status
  echo "$(date -u +%FT%TZ) $1"
  (set -e; "$1")
  status=$?
  [ "$status" = 0 ] && return
  echo "$(date -u +%FT%TZ) $1 failed with $status"
  FAILED+=("$1")
}

# write PATH MODE TEXT: true when the file had to be changed.
write() {
  local fresh
  fresh=$(mktemp "$1.XXXXXX")
  printf '%s' "$3" >"$fresh"
  chmod "$2" "$fresh"
  if cmp -s "$fresh" "$1"; then
    rm -f "$fresh"
    return 1
  fi
  mv -f "$fresh" "$1"
}

metadata() {
  local token
  token=$(curl -fsS -m 5 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' http://169.254.169.254/latest/api/token)
  curl -fsS -m 5 -H "X-aws-ec2-metadata-token: $token" "http://169.254.169.254/latest/meta-data/$1"
}

# A new kernel or driver that arrives by itself leaves a machine without a picture. Everything else stays patched.
hold_updates() {
  if command -v apt-mark >/dev/null; then
    write /etc/apt/apt.conf.d/52soundstage 0644 'Unattended-Upgrade::Package-Blacklist { "linux-"; "nvidia-"; "libnvidia-"; "nice-"; };
Unattended-Upgrade::Automatic-Reboot "false";
' || true
    dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' | awk '$1 ~ /^ii/ { print $2 }' |
      grep -E '^(linux-(aws|generic|image|headers|modules)|nvidia-|libnvidia-|nice-)' | xargs -r apt-mark hold
  elif [ -f /etc/dnf/dnf.conf ]; then
    grep -q '^exclude=kernel' /etc/dnf/dnf.conf || echo 'exclude=kernel* nvidia* nice-*' >>/etc/dnf/dnf.conf
  fi
}

# The account has no password until its owner asks for one, inside a session of Session Manager.
account() {
  if ! id -- "$PERSON" >/dev/null 2>&1; then
    useradd --create-home --shell /bin/bash -- "$PERSON"
    passwd --lock -- "$PERSON"
  fi
  usermod --append --groups video -- "$PERSON"
  write /etc/soundstage/person 0644 "$PERSON" || true
  write /usr/local/sbin/soundstage-password 0700 "$PASSWORD_COMMAND" || true
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
  local uuid
  mountpoint -q -- "$3" && return 0
  if blank "$1"; then
    mkfs.ext4 -q -m 0 -L "$2" -- "$1"
    udevadm settle
  fi
  uuid=$(blkid -p -s UUID -o value -- "$1")
  mkdir -p -- "$3"
  mount -o nodev,nosuid,noatime "UUID=$uuid" "$3"
  chown -- "$PERSON:" "$3"
  chmod 0750 -- "$3"
}

# The volume whose id stands in a tag of this machine; it may be attached a little after the start.
tagged_volume() {
  local id device
  id=$(metadata "tags/instance/$1")
  device="/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${id/-/}"
  for _ in $(seq 60); do
    [ -e "$device" ] && readlink -f -- "$device" && return 0
    sleep 5
  done
  echo "volume $id is not attached" >&2
  return 1
}

data_disk() {
  [ "$DATA_VOLUME" = yes ] || return 0
  local device
  device=$(tagged_volume "$DATA_TAG")
  mount_disk "$device" soundstage-data /data
}

# A folder of the person where others may write too: whatever lies there already, no link is followed.
own_folder() {
  [ ! -L "$1" ] || rm -- "$1"
  [ -d "$1" ] || mkdir -m 0750 -- "$1"
  chown -h -- "$PERSON" "$1"
}

scratch_disk() {
  local device number=1 folder=/scratch
  if [ "$SCRATCH_VOLUME" = yes ]; then
    device=$(tagged_volume "$SCRATCH_TAG")
    mount_disk "$device" soundstage-tmp /scratch
    return
  fi
  # Some images gather the local disks themselves.
  if mountpoint -q /opt/dlami/nvme; then
    mkdir -p /scratch
    mountpoint -q /scratch || mount --bind /opt/dlami/nvme /scratch
    own_folder "/scratch/$PERSON"
    return
  fi
  for device in $(readlink -f /dev/disk/by-id/nvme-Amazon_EC2_NVMe_Instance_Storage_* 2>/dev/null | sort -u); do
    [ -b "$device" ] || continue
    mount_disk "$device" "soundstage-tmp$number" "$folder"
    number=$((number + 1))
    folder="/scratch$number"
  done
}

media_drive() {
  [ -n "$BUCKET" ] || return 0
  # systemd gives some characters a meaning of its own; none of them can be part of these names.
  [[ "$BUCKET$PREFIX$PROJECT" =~ ^[A-Za-z0-9._/-]+$ ]]
  command -v mount-s3 >/dev/null
  grep -q '^user_allow_other' /etc/fuse.conf 2>/dev/null || echo user_allow_other >>/etc/fuse.conf
  mkdir -p "/media/$PROJECT"
  local unit
  unit="[Unit]
Description=Media of $PROJECT
After=network-online.target
Wants=network-online.target

[Service]
Type=forking
ExecStart=/usr/bin/mount-s3 --allow-other --allow-delete --allow-overwrite --uid $(id -u -- "$PERSON") --gid $(id -g -- "$PERSON") --dir-mode 0750 --file-mode 0640${PREFIX:+ --prefix $PREFIX} $BUCKET /media/$PROJECT
ExecStop=/bin/umount /media/$PROJECT
Restart=on-failure
RestartSec=10

[Install]
WantedBy=multi-user.target
"
  write /etc/systemd/system/soundstage-media.service 0644 "$unit" && systemctl daemon-reload
  systemctl enable --now soundstage-media.service
}

install_display() {
  command -v dcv >/dev/null && return 0
  [ "$WEB" = yes ] || { echo "the image has no display server and the machine no way to the internet"; return 1; }
  export DEBIAN_FRONTEND=noninteractive
  local folder
  folder=$(mktemp -d)
  curl -fsSL --proto '=https' --retry 5 -o "$folder/dcv.tgz" "$DCV_URL"
  echo "$DCV_SHA256  $folder/dcv.tgz" | sha256sum --check --status
  tar -xzf "$folder/dcv.tgz" -C "$folder" --strip-components=1
  apt-get update -q
  apt-get install -y -q ubuntu-desktop-minimal gdm3 "$folder"/nice-dcv-server_*.deb "$folder"/nice-dcv-web-viewer_*.deb
  rm -rf "$folder"
  systemctl set-default graphical.target
  systemctl isolate graphical.target
}

display() {
  command -v dcv >/dev/null
  local changed=no
  write /etc/dcv/soundstage.perm 0644 "$DCV_PERMISSIONS" && changed=yes
  write /etc/dcv/default.perm 0644 "$DCV_PERMISSIONS" && changed=yes
  write /etc/dcv/dcv.conf 0644 "$DCV_CONF" && changed=yes
  # DCV's console session needs X, not Wayland.
  if [ -f /etc/gdm3/custom.conf ] && ! grep -q '^WaylandEnable=false' /etc/gdm3/custom.conf; then
    sed -i 's/^\[daemon\]/[daemon]\nWaylandEnable=false/' /etc/gdm3/custom.conf
  fi
  if [ "$GPU" = yes ] && [ ! -f /etc/X11/xorg.conf ] && command -v nvidia-xconfig >/dev/null; then
    nvidia-xconfig --preserve-busid --enable-all-gpus
  fi
  systemctl enable dcvserver
  if [ "$changed" = yes ]; then systemctl restart dcvserver; else systemctl start dcvserver; fi
}

gpu_driver() {
  [ "$GPU" = yes ] || return 0
  nvidia-smi -L
}

idle_watch() {
  write /etc/soundstage/idle.json 0644 "$IDLE_SETTINGS" || true
  write /usr/local/sbin/soundstage-idle 0700 "$IDLE_WATCH" || true
  write /etc/systemd/system/soundstage-idle.service 0644 "[Unit]
Description=Stop this workstation when it is idle

[Service]
Type=oneshot
ExecStart=/usr/bin/python3 -I /usr/local/sbin/soundstage-idle
" || true
  write /etc/systemd/system/soundstage-idle.timer 0644 "[Unit]
Description=Look once a minute whether this workstation is idle

[Timer]
OnBootSec=5min
OnUnitActiveSec=1min
AccuracySec=5s

[Install]
WantedBy=timers.target
" || true
  systemctl daemon-reload
  systemctl enable --now soundstage-idle.timer
}

ready() {
  local list='' name
  for name in "${FAILED[@]}"; do list="$list${list:+, }\"$name\""; done
  printf '{"ready": %s, "failed": [%s], "at": "%s"}\n' "$([ -z "$list" ] && echo true || echo false)" "$list" \
    "$(date -u +%FT%TZ)"
}

main() {
  mkdir -p /etc/soundstage /run/soundstage
  exec >>/var/log/soundstage-boot.log 2>&1
  # The idle watch comes first: a machine on which everything else fails must still stop by itself.
  for name in @STEPS@; do
    step "$name"
  done
  ready >/run/soundstage/ready.json
}

main
