  # What every `mount_disk DEVICE LABEL FOLDER` does. Its local variables are `uuid` and `kind`.
  mountpoint -q -- "$3" && return 0
  if blank "$1"; then
    mkfs.ext4 -q -m 0 -L "$2" -- "$1"
    udevadm settle
  fi
  kind=$(blkid -p -s TYPE -o value -- "$1") || kind=unknown
  case "$kind" in
    ext4 | xfs) ;;
    *) echo "the disk for $3 holds something that is not ours ($kind); it is left as it is"; return 1 ;;
  esac
  uuid=$(blkid -p -s UUID -o value -- "$1")
  mkdir -p -- "$3"
  mount -o nodev,nosuid,noatime "UUID=$uuid" "$3"
  # The disk may have grown since.
  [ "$kind" != ext4 ] || resize2fs "$1" || echo "the file system of $3 could not be made as large as its disk"
