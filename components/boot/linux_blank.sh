# Only a disk without partitions, without any signature and with zeroes at its start is ever formatted.
blank() {
  local found=0
  [ "$(lsblk -nro NAME -- "$1" | wc -l)" = 1 ] || return 1
  blkid -p -- "$1" >/dev/null 2>&1 || found=$?
  [ "$found" = 2 ] && cmp -s -n 1048576 -- "$1" /dev/zero
}
