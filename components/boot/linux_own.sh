own_disks() {
  local name device
  for name in $OWN_DISKS; do
    device=$(tagged_volume "$OWN_DISK_TAG$name")
    mount_disk "$device" "${name:0:16}" "/mnt/$name"
  done
}

# In a shell of their own, so that they change no setting of ours, and none of ours theirs.
own_commands() {
  bash -e -c "$OWN_COMMANDS"
}
