# Runs as SYSTEM at every start. Each step is repeatable, and one that fails leaves the others alone.
$ErrorActionPreference = 'Stop'
$Base = 'C:\ProgramData\Soundstage'
$Gsettings = 'Registry::HKEY_USERS\S-1-5-18\Software\GSettings\com\nicesoftware\dcv'
$DcvHome = 'C:\Program Files\NICE\DCV\Server'
New-Item -ItemType Directory -Force $Base | Out-Null
# Only administrators may write here: SYSTEM runs what lies in this folder.
icacls $Base /inheritance:r /grant '*S-1-5-18:(OI)(CI)F' '*S-1-5-32-544:(OI)(CI)F' '*S-1-5-32-545:(OI)(CI)RX' | Out-Null
Start-Transcript -Append "$Base\boot.log" | Out-Null
$Failed = @()

function Step($Name, $Body) {
  try { & $Body | Out-Null } catch {
    Write-Output "$Name failed: $_"
    $script:Failed += $Name
  }
}

function Write-File($Path, $Text) {
  if ((Test-Path $Path) -and ([IO.File]::ReadAllText($Path) -ceq $Text)) { return $false }
  [IO.File]::WriteAllText($Path, $Text, (New-Object Text.UTF8Encoding $false))
  return $true
}

function Get-Metadata($Path) {
  $Token = Invoke-RestMethod -Method Put -TimeoutSec 5 -Uri 'http://169.254.169.254/latest/api/token' `
    -Headers @{ 'X-aws-ec2-metadata-token-ttl-seconds' = '60' }
  Invoke-RestMethod -TimeoutSec 5 -Uri "http://169.254.169.254/latest/meta-data/$Path" `
    -Headers @{ 'X-aws-ec2-metadata-token' = $Token }
}

function Assert-Sha256($Path, $Wanted) {
  if ((Get-FileHash -Algorithm SHA256 $Path).Hash -ne $Wanted) { throw "$Path is not the file that was pinned" }
}

# One of DCV's parameters; true when it had to be changed. `Set-AllDcv` stands in the header.
function Set-Dcv($Section, $Name, $Kind, $Value) {
  $Key = "$Gsettings\$Section"
  if (-not (Test-Path $Key)) { New-Item -Force $Key | Out-Null }
  if ((Get-ItemProperty $Key).$Name -ceq $Value) { return $false }
  New-ItemProperty -Force $Key -Name $Name -PropertyType $Kind -Value $Value | Out-Null
  return $true
}

# The account has a random password that nobody knows until its owner asks for one in a session of Session Manager.
function New-RandomPassword {
  $Bytes = New-Object byte[] 24
  [Security.Cryptography.RandomNumberGenerator]::Create().GetBytes($Bytes)
  'Aa1!' + [Convert]::ToBase64String($Bytes)
}

# Only a disk without partitions is ever formatted; Windows calls its style RAW.
function Mount-Blank($Disk, $Label, $Letter) {
  if ($Disk.IsOffline) { Set-Disk -Number $Disk.Number -IsOffline $false }
  if ($Disk.IsReadOnly) { Set-Disk -Number $Disk.Number -IsReadOnly $false }
  if ($Disk.PartitionStyle -eq 'RAW') {
    Initialize-Disk -Number $Disk.Number -PartitionStyle GPT
    New-Partition -DiskNumber $Disk.Number -UseMaximumSize -DriveLetter $Letter |
      Format-Volume -FileSystem NTFS -NewFileSystemLabel $Label -Confirm:$false
  } elseif (-not (Get-Partition -DiskNumber $Disk.Number | Where-Object DriveLetter -eq $Letter)) {
    Get-Partition -DiskNumber $Disk.Number | Where-Object Type -eq 'Basic' | Select-Object -First 1 |
      Set-Partition -NewDriveLetter $Letter
  }
}

# The serial number of a volume's disk is its id without the hyphen. It may be attached a little after the start.
function Get-TaggedDisk($Tag) {
  $Serial = (Get-Metadata "tags/instance/$Tag") -replace '-', ''
  foreach ($Try in 1..60) {
    $Disk = Get-Disk | Where-Object { $_.SerialNumber -like "$Serial*" }
    if ($Disk) { return $Disk }
    Start-Sleep 5
  }
  throw "volume $Serial is not attached"
}

Step 'account' {
  if (-not (Get-LocalUser -Name $Person -ErrorAction SilentlyContinue)) {
    New-LocalUser -Name $Person -Password (ConvertTo-SecureString (New-RandomPassword) -AsPlainText -Force) `
      -PasswordNeverExpires
    Add-LocalGroupMember -SID 'S-1-5-32-545' -Member $Person
  }
  Write-File "$Base\person.txt" $Person
  Write-File "$Base\New-Password.ps1" $PasswordCommand
}

Step 'idle_watch' {
  Write-File "$Base\idle.json" $IdleSettings
  Write-File "$Base\idle.ps1" $IdleWatch
  $Action = New-ScheduledTaskAction -Execute 'powershell.exe' `
    -Argument "-NoProfile -NonInteractive -ExecutionPolicy Bypass -File $Base\idle.ps1"
  $Trigger = New-ScheduledTaskTrigger -Once -At (Get-Date).AddMinutes(5) -RepetitionInterval (New-TimeSpan -Minutes 1)
  Register-ScheduledTask -Force -TaskName 'Soundstage idle watch' -Action $Action -Trigger $Trigger -User 'S-1-5-18'
}

# Updates arrive with a new image; one that restarts the machine in the middle of a render does not.
Step 'hold_updates' {
  $Policy = 'HKLM:\SOFTWARE\Policies\Microsoft\Windows\WindowsUpdate'
  New-Item -Force "$Policy\AU"
  Set-ItemProperty "$Policy\AU" -Name NoAutoUpdate -Value 1 -Type DWord
  Set-ItemProperty $Policy -Name ExcludeWUDriversInQualityUpdate -Value 1 -Type DWord
}

Step 'gpu_driver' {
  $Smi = 'C:\Windows\System32\nvidia-smi.exe'
  if (-not $Gpu) { return }
  if (-not (Test-Path $Smi)) {
    $Installer = "$Base\gpu.exe"
    Read-S3Object -BucketName $GpuBucket -Key $GpuKey -File $Installer -Region us-east-1
    Assert-Sha256 $Installer $GpuSha256
    Start-Process -Wait $Installer -ArgumentList '-s', '-noreboot'
    Remove-Item $Installer
  }
  & $Smi -L
  if ($LASTEXITCODE) { throw 'the GPU does not answer' }
}

Step 'scratch_disk' {
  if ($ScratchTag) { Mount-Blank (Get-TaggedDisk $ScratchTag) 'scratch' 'S'; return }
  $Letters = [Collections.Queue]@('S', 'T', 'U', 'V')
  Get-Disk | Where-Object FriendlyName -like '*NVMe*Instance Storage*' | Select-Object -First 4 |
    ForEach-Object { Mount-Blank $_ 'scratch' $Letters.Dequeue() }
}

Step 'data_disk' { if ($DataTag) { Mount-Blank (Get-TaggedDisk $DataTag) 'data' 'D' } }

# rclone asks the machine's role for credentials, so that none lies on the disk.
Step 'media_drive' {
  if (-not $Bucket) { return }
  if ("$Bucket$Prefix$Project" -cnotmatch '^[A-Za-z0-9._/-]+$') { throw 'not the name of a bucket' }
  $Rclone = 'C:\Program Files\rclone\rclone.exe'
  if (-not (Test-Path $Rclone)) { throw 'the image has no rclone' }
  $Region = Get-Metadata 'placement/region'
  $Remote = ":s3,provider=AWS,env_auth=true,region=$Region`:$Bucket/$Prefix"
  $Action = New-ScheduledTaskAction -Execute $Rclone `
    -Argument "mount `"$Remote`" M: --vfs-cache-mode writes --network-mode --volname `"$Project`""
  Register-ScheduledTask -Force -TaskName 'Soundstage media' -Action $Action -User 'S-1-5-18' `
    -Trigger (New-ScheduledTaskTrigger -AtStartup)
  Start-ScheduledTask 'Soundstage media'
}

Step 'display' {
  if (-not (Test-Path $DcvHome)) {
    if (-not $Web) { throw 'the image has no display server and the machine no way to the internet' }
    Invoke-WebRequest -UseBasicParsing -Uri $DcvUrl -OutFile "$Base\dcv.msi"
    Assert-Sha256 "$Base\dcv.msi" $DcvSha256
    Start-Process -Wait msiexec.exe -ArgumentList "/i $Base\dcv.msi /quiet /norestart"
    Remove-Item "$Base\dcv.msi"
  }
  $Changed = Write-File $DcvPermissionsFile $DcvPermissions
  $Changed = (Write-File "$DcvHome\conf\default.perm" $DcvPermissions) -or $Changed
  $Changed = (@(Set-AllDcv) -contains $true) -or $Changed
  Set-Service dcvserver -StartupType Automatic
  if ($Changed) { Restart-Service -Force dcvserver } else { Start-Service dcvserver }
}

$Ready = @{ ready = ($Failed.Count -eq 0); failed = $Failed; at = (Get-Date).ToUniversalTime().ToString('s') + 'Z' }
Write-File "$Base\ready.json" (ConvertTo-Json $Ready -Compress) | Out-Null
Stop-Transcript | Out-Null
