# Runs as root at every start. Each step is repeatable, and one that fails leaves the others alone.
RUN=/run/soundstage
TOOLS=/usr/local/sbin
# Seconds since the kernel started at which disks are no longer waited for. All of them share the wait.
LAST_DISK=300

# Seconds since the kernel started, which no correction of the clock changes.
uptime_seconds() {
  local up
  read -r up _ </proc/uptime
  echo "$up"
}

# phase NAME EVENT: `begins`, or the status that it ended with. The probe reads these.
phase() {
  echo "$1 $2 $(uptime_seconds)" >>"$RUN/phases"
}

# In a condition bash would ignore `set -e` inside the step as well, so the status is taken afterwards.
step() {
  local status
  phase "$1" begins
  echo "$(date -u +%FT%TZ) $1"
  (set -e; "$1") >"$RUN/steps/$1" 2>&1
  status=$?
  cat "$RUN/steps/$1"
  [ "$status" = 0 ] || echo "$(date -u +%FT%TZ) $1 failed with $status"
  phase "$1" "$status"
}

# write PATH MODE TEXT: CHANGED becomes yes when the file had to be changed. A file that is as it should be takes no room, so that a
# full disk breaks nothing that was there.
CHANGED=no
write() {
  local fresh
  printf '%s' "$3" | cmp -s - "$1" && return 0
  fresh=$(mktemp "$1.XXXXXX") || return 1
  if ! { printf '%s' "$3" >"$fresh" && chmod "$2" "$fresh" && mv -f "$fresh" "$1"; }; then
    rm -f "$fresh"
    return 1
  fi
  # shellcheck disable=SC2034 # read by the steps that call this
  CHANGED=yes
}

metadata() {
  local token
  token=$(curl -fsS -m 5 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' http://169.254.169.254/latest/api/token)
  curl -fsS -m 5 -H "X-aws-ec2-metadata-token: $token" "http://169.254.169.254/latest/meta-data/$1"
}

# What this machine should have, and the tools that are too long for user data. Without a way to them those of the last start stay.
tools() {
  write /etc/soundstage/expected.json 0644 "$EXPECTED"
  write "$TOOLS/soundstage-ship" 0700 "#!/usr/bin/python3 -I
$SHIP"
  "$TOOLS/soundstage-ship" fetch "$TOOLS_DOCUMENT"
}

# People come in by SSH through a session alone, each time with a key that soundstage-login lets in for a minute.
ssh_server() {
  [ -d /etc/ssh/sshd_config.d ] || return 0
  write /etc/ssh/sshd_config.d/10-soundstage.conf 0644 "$SSHD_CONFIG"
  [ "$CHANGED" = yes ] || return 0
  systemctl daemon-reload
  systemctl try-restart ssh.socket ssh sshd || true
}

# A new kernel, driver or display that arrives by itself leaves a machine without a picture. Everything else stays patched. The
# first minute is covered by a file that cloud-init writes before anything can be updated.
hold_updates() {
  if command -v apt-mark >/dev/null; then
    dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' | awk '$1 ~ /^ii/ { print $2 }' |
      grep -E '^(linux-(aws|generic|image|headers|modules)|nvidia-|libnvidia-|nice-|gdm3$|xserver-xorg)' | xargs -r apt-mark hold
  elif [ -f /etc/dnf/dnf.conf ]; then
    grep -q '^excludepkgs=kernel' /etc/dnf/dnf.conf ||
      sed -i 's/^\[main\]/[main]\nexcludepkgs=kernel* nvidia* nice-* gdm xorg-x11-server*/' /etc/dnf/dnf.conf
  else
    echo "neither apt nor dnf is here, so nothing can be held"
    return 1
  fi
}

# The account has no password until its owner asks for one, inside a session of Session Manager.
account() {
  if ! id -- "$PERSON" >/dev/null 2>&1; then
    useradd --create-home --shell /bin/bash -- "$PERSON"
    passwd --lock -- "$PERSON"
  fi
  usermod --append --groups video -- "$PERSON"
  write /etc/soundstage/person 0644 "$PERSON"
}

# The time of the machine's host, which needs no network (Amazon EC2 User Guide "Precision clock and time synchronization").
clock() {
  local unit='' line='server 169.254.169.123 prefer iburst minpoll 4 maxpoll 4'
  if [ -d /etc/chrony/sources.d ]; then
    write /etc/chrony/sources.d/soundstage.sources 0644 "$line
"
    unit=chrony
  elif [ -f /etc/chrony.conf ]; then
    grep -rqs 169.254.169.123 /etc/chrony.conf /etc/chrony.d || { echo "$line" >>/etc/chrony.conf; CHANGED=yes; }
    unit=chronyd
  elif [ -f /etc/systemd/timesyncd.conf ]; then
    mkdir -p /etc/systemd/timesyncd.conf.d
    write /etc/systemd/timesyncd.conf.d/soundstage.conf 0644 "[Time]
NTP=169.254.169.123
"
    unit=systemd-timesyncd
  fi
  [ "$CHANGED" = no ] || systemctl restart "$unit"
}

# include linux_blank.sh

# mount_disk DEVICE LABEL FOLDER
mount_disk() {
  local uuid kind
  # include linux_mount.sh
  chown -- "$PERSON:" "$3"
  chmod 0750 -- "$3"
}

# The volume whose id stands in a tag of this machine; it may be attached a little after the start.
tagged_volume() {
  local id device up
  id=$(metadata "tags/instance/$1") || { echo "this machine has no tag $1, so it does not know its disk" >&2; return 1; }
  device="/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${id/-/}"
  while [ ! -e "$device" ]; do
    up=$(uptime_seconds)
    if [ "${up%.*}" -ge "$LAST_DISK" ]; then
      echo "volume $id is not attached; is it in the machine's zone?" >&2
      return 1
    fi
    sleep 2
  done
  readlink -f -- "$device"
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
  command -v mount-s3 >/dev/null || { echo "the image has no mount-s3, so the bucket $BUCKET is no drive"; return 1; }
  grep -q '^user_allow_other' /etc/fuse.conf 2>/dev/null || echo user_allow_other >>/etc/fuse.conf
  mkdir -p "/media/$PROJECT"
  local unit
  unit="[Unit]
Description=Media of $PROJECT
After=network-online.target
Wants=network-online.target

[Service]
Type=forking
ExecStart=$(command -v mount-s3) --allow-other --allow-delete --allow-overwrite --uid $(id -u -- "$PERSON") --gid $(id -g -- "$PERSON") --dir-mode 0750 --file-mode 0640${PREFIX:+ --prefix $PREFIX} $BUCKET /media/$PROJECT
ExecStop=/bin/umount /media/$PROJECT
Restart=on-failure
RestartSec=10

[Install]
WantedBy=multi-user.target
"
  write /etc/systemd/system/soundstage-media.service 0644 "$unit"
  [ "$CHANGED" = no ] || systemctl daemon-reload
  systemctl enable --now soundstage-media.service
}

# What the makers of the display call this system; empty for one that they have no packages for.
system_name() (
  # shellcheck disable=SC1091
  . /etc/os-release
  case "$ID-$VERSION_ID" in
    ubuntu-22.04) echo ubuntu2204 ;;
    ubuntu-24.04) echo ubuntu2404 ;;
    amzn-2023*) echo amzn2023 ;;
    rhel-9* | rocky-9* | almalinux-9*) echo el9 ;;
  esac
)

install_display() {
  command -v dcv >/dev/null && return 0
  [ "$WEB" = yes ] || { echo "the image has no display server and the machine no way to the internet"; return 1; }
  local folder name sum
  name=$(system_name)
  sum=$(awk -v name="$name" '$1 == name { print $2 }' <<<"$DCV_SHA256")
  [ -n "$sum" ] || { echo "no display server is pinned for this system (${name:-unknown}): use an image that has one"; return 1; }
  folder=$(mktemp -d)
  curl -fsSL --proto '=https' --retry 5 -o "$folder/dcv.tgz" "${DCV_URL/@SYSTEM@/$name}"
  echo "$sum  $folder/dcv.tgz" | sha256sum --check --status || { echo "the display server is not the file that was pinned"; return 1; }
  tar -xzf "$folder/dcv.tgz" -C "$folder" --strip-components=1
  "install_with_${name%%[0-9]*}" "$folder"
  rm -rf "$folder"
  hold_updates
}

install_with_ubuntu() {
  export DEBIAN_FRONTEND=noninteractive
  # Another installation may be on its way in a machine's first minutes.
  apt-get -o DPkg::Lock::Timeout=600 update -q
  apt-get -o DPkg::Lock::Timeout=600 install -y -q ubuntu-desktop-minimal gdm3 dpkg-dev mesa-utils x11-xserver-utils pulseaudio-utils \
    "$1"/nice-dcv-server_*.deb "$1"/nice-dcv-web-viewer_*.deb "$1"/nice-xdcv_*.deb
}

install_with_amzn() {
  dnf -y groupinstall Desktop
  install_rpms "$1" pulseaudio-utils
}

install_with_el() {
  dnf -y groupinstall 'Server with GUI'
  install_rpms "$1" pipewire pipewire-utils
}

# install_rpms FOLDER PACKAGE…: what is held is excluded from every other installation.
install_rpms() {
  local folder=$1
  shift
  dnf -y --disableexcludes=all install glx-utils xrandr "$@" \
    "$folder"/nice-dcv-server-*.rpm "$folder"/nice-dcv-web-viewer-*.rpm "$folder"/nice-xdcv-*.rpm
}

# The display asks who somebody is, each time, and nothing else leads to the desktop: a second question behind it would be for a
# password that nobody has.
desktop_login() {
  local conf
  for conf in /etc/gdm3/custom.conf /etc/gdm/custom.conf; do
    [ -f "$conf" ] || continue
    grep -q "^AutomaticLogin=$PERSON\$" "$conf" && continue
    sed -i "/^AutomaticLogin/d; s/^\[daemon\]/[daemon]\nAutomaticLoginEnable=true\nAutomaticLogin=$PERSON/" "$conf"
    CHANGED=yes
  done
  conf=/usr/share/glib-2.0/schemas
  # Some systems have schemas and no desktop.
  { [ -d "$conf" ] && command -v glib-compile-schemas >/dev/null; } || return 0
  write "$conf/90_soundstage.gschema.override" 0644 '[org.gnome.desktop.screensaver]
lock-enabled=false
'
  glib-compile-schemas "$conf"
}

# What the login screen starts with: X and not Wayland, on the GPU or on a screen of its own. The display manager of an image starts
# before this script; it is started again when it started with something else.
screen() {
  local conf
  for conf in /etc/gdm3/custom.conf /etc/gdm/custom.conf; do
    [ -f "$conf" ] || continue
    grep -q '^WaylandEnable=false' "$conf" && continue
    grep -q '^\[daemon\]' "$conf" || echo '[daemon]' >>"$conf"
    sed -i '/^WaylandEnable=/d; s/^\[daemon\]/[daemon]\nWaylandEnable=false/' "$conf"
    CHANGED=yes
  done
  desktop_login
  mkdir -p /etc/X11/xorg.conf.d
  write /etc/X11/xorg.conf.d/10-soundstage.conf 0644 'Section "ServerFlags"
  Option "BlankTime" "0"
  Option "StandbyTime" "0"
  Option "SuspendTime" "0"
  Option "OffTime" "0"
EndSection
'
  if [ "$GPU" = yes ]; then gpu_screen; else virtual_screen; fi
  systemctl set-default graphical.target
  # Without waiting: whether it runs is the probe's to say.
  if [ "$CHANGED" = yes ]; then
    systemctl restart --no-block display-manager.service
  else
    systemctl start --no-block display-manager.service
  fi
}

# The addresses of the GPUs on the bus, which another size of machine may have elsewhere.
gpu_buses() {
  local each
  for each in /sys/bus/pci/devices/*; do
    [ "$(cat "$each/vendor" 2>/dev/null)" = 0x10de ] || continue
    case "$(cat "$each/class")" in 0x03*) basename "$each" ;; esac
  done
}

gpu_screen() {
  local buses
  command -v nvidia-xconfig >/dev/null || { echo "the driver has no nvidia-xconfig, so the GPU has no screen"; return 1; }
  if [ "$(readlink /usr/bin/Xorg)" = /usr/bin/Xdcv-console ]; then
    rm /usr/bin/Xorg
    dpkg-divert --package nice-xdcv --rename --remove /usr/bin/Xorg
    CHANGED=yes
  fi
  buses=$(gpu_buses)
  if [ ! -f /etc/X11/xorg.conf ] || [ "$buses" != "$(cat /etc/soundstage/gpu-buses 2>/dev/null)" ]; then
    rm -f /etc/X11/xorg.conf /etc/X11/XF86Config*
    nvidia-xconfig --preserve-busid --enable-all-gpus
    CHANGED=yes
  fi
  write /etc/soundstage/gpu-buses 0644 "$buses"
}

# Without a GPU, the display's own X server draws the screen (Amazon DCV Administrator Guide "Prerequisites for Linux", Xdcv-console).
# It would take the GPU away from a machine that has one.
virtual_screen() {
  local own=/usr/bin/Xdcv-console
  [ -x "$own" ] || { echo "the image has no nice-xdcv, without which a machine without a GPU has no screen"; return 1; }
  rm -f /etc/X11/xorg.conf
  if command -v dpkg-divert >/dev/null; then
    [ "$(readlink /usr/bin/Xorg)" = "$own" ] && return 0
    dpkg-divert --package nice-xdcv --divert /usr/bin/Xorg.orig --rename /usr/bin/Xorg
    ln -sf "$own" /usr/bin/Xorg
    CHANGED=yes
  elif [ -f /usr/lib/systemd/system/xdcv-console.path ]; then
    systemctl enable --now xdcv-console-update.service xdcv-console.path
  else
    [ "$(readlink -f /usr/bin/X)" = "$own" ] && return 0
    update-alternatives --install /usr/bin/X X "$own" 11
    update-alternatives --set X "$own"
    CHANGED=yes
  fi
}

display() {
  command -v dcv >/dev/null || { echo "the image has no display server"; return 1; }
  write /etc/dcv/soundstage.perm 0644 "$DCV_PERMISSIONS"
  write /etc/dcv/default.perm 0644 "$DCV_PERMISSIONS"
  local conf=$DCV_CONF
  if command -v dcvsimpleextauth >/dev/null; then
    conf+="auth-token-verifier='http://127.0.0.1:8444'
"
    systemctl enable --now dcvsimpleextauth
  fi
  write /etc/dcv/dcv.conf 0644 "$conf"
  if ! id -nG dcv | grep -qw video; then
    usermod --append --groups video dcv
    CHANGED=yes
  fi
  systemctl enable dcvserver
  if [ "$CHANGED" = yes ]; then systemctl restart dcvserver; else systemctl start dcvserver; fi
}

# The driver's program may end well and have found nothing.
gpu_driver() {
  [ "$GPU" = yes ] || return 0
  nvidia-smi -L | tee "$RUN/gpus"
  grep -q '^GPU ' "$RUN/gpus"
}

idle_watch() {
  write /etc/soundstage/guard.json 0644 "$GUARD_RULES"
  write "$TOOLS/soundstage-idle" 0700 "$IDLE_WATCH"
  write /etc/systemd/system/soundstage-idle.service 0644 "[Unit]
Description=Stop this workstation when it is idle

[Service]
Type=oneshot
TimeoutStartSec=5min
ExecStart=/usr/bin/python3 -I $TOOLS/soundstage-idle $LOG_GROUP
"
  # include linux_idle_timer.sh
}

# Every few seconds, how far the start has come, for those who wait for it.
tell_on() {
  # Heeded only between two reports, so that none of them comes after the last.
  trap 'exit 0' TERM
  while :; do
    sleep 10 &
    wait "$!"
    tell progress
  done
}

tell() {
  [ ! -x "$TOOLS/soundstage-probe" ] || "$TOOLS/soundstage-probe" "$1" >/dev/null
  [ -z "$LOG_GROUP" ] || timeout 60 "$TOOLS/soundstage-ship" "$LOG_GROUP"
}

main() {
  local telling
  mkdir -p /etc/soundstage /var/lib/soundstage "$RUN/steps"
  # What a program's own commands print is nobody else's to read.
  chmod 0700 "$RUN"
  rm -f "$RUN"/phases "$RUN"/ready.json "$RUN"/shipped "$RUN"/steps/*
  # In memory: a full disk must not silence the machine.
  exec >"$RUN/boot.log" 2>&1
  echo "system begins 0" >"$RUN/phases"
  phase system 0
  step tools
  tell_on &
  telling=$!
  # The idle watch comes early: a machine on which everything else fails must still stop by itself. The display comes before disks that
  # may have to be waited for.
  for name in @STEPS@; do
    step "$name"
  done
  kill "$telling"
  wait "$telling"
  tell boot
  (umask 077; cat "$RUN/boot.log" >>/var/log/soundstage-boot.log)
}

main
