#!/bin/bash
# Gives the person of this workstation a new password and shows it once. Run it inside a session of Session Manager: the
# password travels through that session alone and is kept nowhere but as a hash in /etc/shadow.
set -euo pipefail
person=$(cat /etc/soundstage/person)
password=$(openssl rand -base64 18)
printf '%s:%s\n' "$person" "$password" | chpasswd
printf 'user: %s\npassword: %s\n' "$person" "$password"
if [ -f /etc/dcv/dcv.pem ]; then
  openssl x509 -in /etc/dcv/dcv.pem -noout -fingerprint -sha256
fi
