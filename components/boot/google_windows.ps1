# The start of a Windows workstation on Google Cloud. The facts stand before it as strings; Google's guest agent runs it as SYSTEM at
# every start (Compute Engine, "Use startup scripts on Windows VMs", read 2026-11).
$ErrorActionPreference = 'Stop'
$Failed = @()
function Step([string]$Name, [scriptblock]$Do) {
  try { & $Do } catch { $script:Failed += $Name; Write-Output "soundstage: $Name failed: $_" }
}
Step 'data_disk' {
  if (-not $DataDisk) { return }
  # Only a disk that was never written to is ever formatted; the boot disk and local disks are none of these.
  foreach ($Disk in Get-Disk | Where-Object { $_.PartitionStyle -eq 'RAW' -and $_.FriendlyName -match 'PersistentDisk|nvme_card-pd|Hyperdisk' }) {
    Initialize-Disk -Number $Disk.Number -PartitionStyle GPT
    New-Partition -DiskNumber $Disk.Number -UseMaximumSize -DriveLetter D | Format-Volume -FileSystem NTFS -NewFileSystemLabel 'soundstage-data' | Out-Null
  }
}
Step 'own_commands' {
  if (-not $OwnCommands) { return }
  $global:LASTEXITCODE = 0
  & ([ScriptBlock]::Create($OwnCommands))
  if ($LASTEXITCODE) { throw "exit status $LASTEXITCODE" }
}
$Folder = 'C:\ProgramData\Soundstage'
New-Item -ItemType Directory -Force -Path $Folder | Out-Null
[IO.File]::WriteAllText("$Folder\started.json", '{"failed": "' + ($Failed -join ' ') + '"}')
if ($Failed) { exit 1 }
