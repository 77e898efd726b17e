#!/bin/bash
# soundstage-login: lets the person of this machine in, once. Runs as root and is the only program that people's sessions may run
# (the session document STUDIO.PROJECT.login names it). What it prints goes to whoever opened the session and is written nowhere.
#
#   soundstage-login display     a token that opens the display for a minute
#   soundstage-login ssh KEY     lets an ed25519 key (the base64 part of its public half) in for a minute
#
# Answers one line: soundstage-login, a space, and JSON.
set -euo pipefail
umask 077
# Only for tests, and for the simulated machine: below which folder the machine's files lie.
ROOT="${SOUNDSTAGE_ROOT:-}"
SECONDS_OPEN=60

PERSON=$(cat "$ROOT/etc/soundstage/person")

answer() { printf 'soundstage-login %s\n' "$1"; }

refuse() {
  answer "{\"error\": \"$1\"}"
  exit 1
}

display() {
  local token certificate allow
  allow=$(command -v dcvsimpleextauth || command -v /usr/libexec/dcvsimpleextauth.py) ||
    refuse "its image has no program dcvsimpleextauth, which lets people in at the display"
  token=$(head -c 48 /dev/urandom | base64 | tr -d '\n=' | tr '+/' '-_')
  # By standard input: arguments stand in the list of processes.
  printf '%s' "$token" | "$allow" add-user --append --session console --user "$PERSON" --auth-dir "$ROOT/run/dcvsimpleextauth" >/dev/null
  # One timer for all: whoever comes later gets the whole minute.
  systemctl stop soundstage-login-over.timer 2>/dev/null || true
  systemd-run --quiet --collect --unit soundstage-login-over --on-active="${SECONDS_OPEN}s" \
    "$allow" remove-auth --session console --auth-dir "$ROOT/run/dcvsimpleextauth" || true
  certificate=$(openssl x509 -in "$ROOT/etc/dcv/dcv.pem" -noout -fingerprint -sha256 2>/dev/null | cut -d= -f2 | tr -d ':') || certificate=''
  answer "{\"user\": \"$PERSON\", \"token\": \"$token\", \"session\": \"console\", \"certificate\": \"$certificate\", \"seconds\": $SECONDS_OPEN}"
}

ssh_key() {
  [[ "$1" =~ ^AAAAC3NzaC1lZDI1NTE5AAAAI[A-Za-z0-9+/]{43}$ ]] || refuse "that is no ed25519 key"
  local folder="$ROOT/etc/soundstage/ssh" now until line kept='' keys=''
  mkdir -p -- "$folder"
  chmod 0755 -- "$folder"
  # Times as sshd reads them in `expiry-time`: in this machine's zone.
  now=$(date +%Y%m%d%H%M%S)
  until=$(date -d "@$(($(date +%s) + SECONDS_OPEN))" +%Y%m%d%H%M%S)
  exec 9>"$folder/.lock"
  flock -w 10 9 || refuse "another login is in progress"
  while IFS= read -r line; do
    [[ "$line" =~ ^expiry-time=\"([0-9]{14})\" ]] && [[ "${BASH_REMATCH[1]}" > "$now" ]] && kept+="$line"$'\n'
  done < <(cat "$folder/$PERSON" 2>/dev/null || true)
  printf '%sexpiry-time="%s" ssh-ed25519 %s\n' "$kept" "$until" "$1" >"$folder/$PERSON.new"
  # sshd reads it as the person.
  chmod 0644 -- "$folder/$PERSON.new"
  mv -f -- "$folder/$PERSON.new" "$folder/$PERSON"
  for line in "$ROOT"/etc/ssh/ssh_host_*_key.pub; do
    [ -f "$line" ] && keys+="${keys:+, }\"$(cut -d' ' -f1,2 <"$line")\""
  done
  [ -n "$keys" ] || refuse "its image has no SSH server"
  answer "{\"user\": \"$PERSON\", \"host_keys\": [$keys], \"seconds\": $SECONDS_OPEN}"
}

case "${1:-}" in
  display) display ;;
  ssh) ssh_key "${2:-}" ;;
  *) refuse "say display or ssh" ;;
esac
