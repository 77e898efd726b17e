#!/bin/bash
# soundstage-login: lets the person of this machine in, once. Runs as root and is the only program that people's sessions may run
# (the session document STUDIO.PROJECT.login names it). What it prints goes to whoever opened the session and is written nowhere.
#
#   soundstage-login display     what opens the display for a minute: a token where the image has dcvsimpleextauth, else a password;
#                                with Selkies (soundstage-display-auth) a token that counts on while somebody has the display open
#   soundstage-login ssh KEY     lets an ed25519 key (the base64 part of its public half) in for a minute
#
# Answers one line: soundstage-login, a space, and JSON.
set -euo pipefail
umask 077
# Only for tests, and for the simulated machine: below which folder the machine's files lie.
ROOT="${SOUNDSTAGE_ROOT:-}"

WHO=$(cat "$ROOT/etc/soundstage/person")
NO_TIMER="the machine cannot set the timer that ends a login after a minute"

answer() { echo "soundstage-login {$1}"; }

refuse() {
  answer "\"error\": \"$1\""
  exit 1
}

# One timer for all: whoever comes later gets the whole minute. It comes before what it takes back: what no timer ends is not given.
after_a_minute() {
  systemctl stop soundstage-login-over.timer soundstage-login-over.service || true
  systemd-run --quiet --collect --unit soundstage-login-over --on-active=60s "$@"
} 2>/dev/null

display() {
  local secret allow about
  secret=$(head -c 48 /dev/urandom | base64 | tr -d '\n=' | tr '+/' '-_')
  about=$ROOT/etc/dcv/dcv.pem
  [ ! -f "$ROOT/etc/soundstage/display.pem" ] || about=$ROOT/etc/soundstage/display.pem
  about=$(openssl x509 -in "$about" -noout -fingerprint -sha256 | tr -d ':') || true
  about="\"user\": \"$WHO\", \"session\": \"console\", \"certificate\": \"${about#*=}\""
  # By standard input: arguments stand in the list of processes.
  if allow=$(command -v soundstage-display-auth); then
    printf '%s\n' "$secret" | "$allow" || refuse "its display takes no token (journalctl -u soundstage-display)"
    answer "$about, \"token\": \"$secret\", \"parameter\": \"token\""
  elif allow=$(command -v dcvsimpleextauth); then
    after_a_minute "$allow" remove-auth --session console || refuse "$NO_TIMER"
    printf %s "$secret" | "$allow" add-user --append --session console --user "$WHO" >/dev/null
    answer "$about, \"token\": \"$secret\""
  else
    secret=${secret:0:24}
    after_a_minute passwd --lock "$WHO" || refuse "$NO_TIMER"
    printf %s "$WHO:$secret" | chpasswd
    answer "$about, \"password\": \"$secret\""
  fi
}

ssh_key() {
  [[ $1 =~ ^AAAAC3NzaC1lZDI1NTE5AAAAI[A-Za-z0-9+/]{43}$ ]] || refuse "that is no ed25519 key"
  local keys='' file until
  mkdir -p "$ROOT/etc/soundstage/ssh"
  file=$ROOT/etc/soundstage/ssh/$WHO
  # As sshd reads it in `expiry-time`: in this machine's zone.
  until=$(date -d '60 seconds' +%Y%m%d%H%M%S)
  exec 9>"$file.lock"
  flock 9
  # Keys of before are dead after their minute; somebody else's may be younger.
  touch "$file"
  tail -n 20 "$file" >"$file.new"
  printf 'expiry-time="%s" ssh-ed25519 %s\n' "$until" "$1" >>"$file.new"
  # sshd reads it as the person.
  chmod 0755 "${file%/*}"
  chmod 0644 "$file.new"
  mv -f "$file.new" "$file"
  for line in "$ROOT"/etc/ssh/ssh_host_*_key.pub; do
    [ -f "$line" ] && keys+="${keys:+, }\"$(cut -d' ' -f1,2 <"$line")\""
  done
  [ -n "$keys" ] || refuse "its image has no SSH server"
  answer "\"user\": \"$WHO\", \"host_keys\": [$keys]"
}

case "${1:-}" in
  display) display ;;
  ssh) ssh_key "${2:-}" ;;
  *) refuse "say display or ssh" ;;
esac
