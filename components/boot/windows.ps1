# Runs as SYSTEM at every start. Each step is repeatable, and one that fails leaves the others alone.
$ErrorActionPreference = 'Stop'
$Base = 'C:\ProgramData\Soundstage'
$Gsettings = 'Registry::HKEY_USERS\S-1-5-18\Software\GSettings\com\nicesoftware\dcv'
$DcvHome = 'C:\Program Files\NICE\DCV\Server'
New-Item -ItemType Directory -Force $Base | Out-Null
# Only administrators may write here: SYSTEM runs what lies in this folder.
icacls $Base /inheritance:r /grant '*S-1-5-18:(OI)(CI)F' '*S-1-5-32-544:(OI)(CI)F' '*S-1-5-32-545:(OI)(CI)RX' | Out-Null
Start-Transcript -Append "$Base\boot.log" | Out-Null
$Boot = (Get-CimInstance Win32_OperatingSystem).LastBootUpTime
$Script:Phases = New-Object Collections.ArrayList
$Script:Told = Get-Date

# A step's end is kept for the probe, and told on now and then to those who wait.
function Step($Name, $Body) {
  $Began = Get-Date
  $Phase = @{ name = $Name; result = 'ok'; log = '' }
  Set-Content "$Base\doing.txt" $Name
  Write-Output "$($Began.ToUniversalTime().ToString('s'))Z $Name"
  try { & $Body *>&1 | Out-String | Tee-Object -Variable Said | Write-Output } catch {
    Write-Output "$Name failed: $_"
    $Phase.result = 'failed'
    $Phase.log = "$Said`n$_"
  }
  $Phase.seconds = [math]::Round(((Get-Date) - $Began).TotalSeconds, 2)
  [void]$Script:Phases.Add($Phase)
  Write-File "$Base\phases.json" (ConvertTo-Json @($Script:Phases) -Compress) | Out-Null
  if (((Get-Date) - $Script:Told).TotalSeconds -ge 20) { Invoke-Probe 'progress' }
}

function Invoke-Probe($Occasion) {
  $Script:Told = Get-Date
  if (Test-Path "$Base\probe.ps1") {
    powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -File "$Base\probe.ps1" $Occasion $LogGroup | Out-Null
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

# The account has a random password that nobody knows; login.ps1 gives its owner one for a minute.
function New-RandomPassword {
  $Bytes = New-Object byte[] 24
  [Security.Cryptography.RandomNumberGenerator]::Create().GetBytes($Bytes)
  'Aa1!' + [Convert]::ToBase64String($Bytes)
}

# Whether the first megabyte of a disk is zeroes. Windows calls RAW whatever it cannot read: a Linux file system is RAW as well.
# .NET opens no disk by its name, so Windows itself is asked for it.
function Test-Zeroes($Number) {
  if (-not ('Soundstage.Disk' -as [type])) {
    Add-Type -Namespace Soundstage -Name Disk -MemberDefinition @'
[DllImport("kernel32.dll", CharSet = CharSet.Unicode, SetLastError = true)]
public static extern Microsoft.Win32.SafeHandles.SafeFileHandle CreateFile(string name, uint access, uint share, System.IntPtr security, uint creation, uint flags, System.IntPtr template);
'@
  }
  $Handle = [Soundstage.Disk]::CreateFile("\\.\PhysicalDrive$Number", [uint32]2147483648, 3, [IntPtr]::Zero, 3, 0, [IntPtr]::Zero)
  if ($Handle.IsInvalid) { throw "disk $Number cannot be read" }
  $Stream = New-Object IO.FileStream($Handle, [IO.FileAccess]::Read, 1048576)
  try {
    $Bytes = New-Object byte[] 1048576
    $Read = 0
    while ($Read -lt $Bytes.Length) {
      $More = $Stream.Read($Bytes, $Read, $Bytes.Length - $Read)
      if ($More -le 0) { throw "disk $Number cannot be read" }
      $Read += $More
    }
  } finally { $Stream.Dispose() }
  return [BitConverter]::ToString($Bytes).Trim('0', '-') -eq ''
}

# Only a disk without partitions and with zeroes at its start is ever formatted.
function Mount-Blank($Disk, $Label, $Letter) {
  if ($Disk.IsOffline) { Set-Disk -Number $Disk.Number -IsOffline $false }
  if ($Disk.PartitionStyle -eq 'RAW') {
    if (-not (Test-Zeroes $Disk.Number)) {
      throw "the disk for ${Letter}: holds something that Windows cannot read; it is left as it is"
    }
    if ($Disk.IsReadOnly) { Set-Disk -Number $Disk.Number -IsReadOnly $false }
    Initialize-Disk -Number $Disk.Number -PartitionStyle GPT
    New-Partition -DiskNumber $Disk.Number -UseMaximumSize -DriveLetter $Letter |
      Format-Volume -FileSystem NTFS -NewFileSystemLabel $Label -Confirm:$false
    return
  }
  if ($Disk.IsReadOnly) { Set-Disk -Number $Disk.Number -IsReadOnly $false }
  $Part = Get-Partition -DiskNumber $Disk.Number | Where-Object Type -eq 'Basic' | Select-Object -First 1
  if (-not $Part) { throw "the disk for ${Letter}: has no partition that Windows can read; it is left as it is" }
  if ($Part.DriveLetter -ne $Letter) { $Part | Set-Partition -NewDriveLetter $Letter }
  # The volume may have grown since.
  $Most = (Get-PartitionSupportedSize -DriveLetter $Letter).SizeMax
  if ($Most -gt $Part.Size) { Resize-Partition -DriveLetter $Letter -Size $Most }
}

# The serial number of a volume's disk is its id without the hyphen. It may be attached a little after the start; all disks share the wait.
function Get-TaggedDisk($Tag) {
  $Serial = (Get-Metadata "tags/instance/$Tag") -replace '-', ''
  do {
    $Disk = Get-Disk | Where-Object { $_.SerialNumber -like "$Serial*" }
    if ($Disk) { return $Disk }
    Start-Sleep 2
  } while (((Get-Date) - $Boot).TotalSeconds -lt 420)
  throw "volume $Serial is not attached; is it in the machine's zone?"
}

Step 'tools' {
  Write-File "$Base\expected.json" $Expected
  # What is too long for user data. With AWS's own tools, which every Windows image of AWS has.
  $Document = (Get-SSMDocument -Name $ToolsDocument -Region (Get-Metadata 'placement/region')).Content | ConvertFrom-Json
  $Packed = New-Object IO.MemoryStream(,[Convert]::FromBase64String($Document.mainSteps[0].inputs.runCommand[0].Substring(2)))
  $Reader = New-Object IO.StreamReader((New-Object IO.Compression.GZipStream($Packed, [IO.Compression.CompressionMode]::Decompress)), [Text.Encoding]::UTF8)
  foreach ($Tool in ($Reader.ReadToEnd() | ConvertFrom-Json).psobject.Properties) { Write-File "$Base\$($Tool.Name)" $Tool.Value }
}

# People come in by SSH through a session alone, each time with a key that login.ps1 lets in for a minute.
Step 'ssh_server' {
  if (-not (Get-Service sshd -ErrorAction SilentlyContinue)) { return }
  if (-not (Test-Path 'HKLM:\SOFTWARE\OpenSSH')) { New-Item 'HKLM:\SOFTWARE\OpenSSH' }
  Set-ItemProperty 'HKLM:\SOFTWARE\OpenSSH' -Name DefaultShell -Value 'C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe'
  New-Item -ItemType Directory -Force 'C:\ProgramData\ssh'
  Set-Service sshd -StartupType Automatic
  if (Write-File 'C:\ProgramData\ssh\sshd_config' $SshdConfig) { Restart-Service sshd } else { Start-Service sshd }
}

# Updates arrive with a new image; one that restarts the machine in the middle of a render does not.
Step 'hold_updates' {
  $Policy = 'HKLM:\SOFTWARE\Policies\Microsoft\Windows\WindowsUpdate'
  foreach ($Key in $Policy, "$Policy\AU") { if (-not (Test-Path $Key)) { New-Item -Force $Key } }
  Set-ItemProperty "$Policy\AU" -Name NoAutoUpdate -Value 1 -Type DWord
  Set-ItemProperty "$Policy\AU" -Name NoAutoRebootWithLoggedOnUsers -Value 1 -Type DWord
  Set-ItemProperty $Policy -Name ExcludeWUDriversInQualityUpdate -Value 1 -Type DWord
}

Step 'account' {
  if (-not (Get-LocalUser -Name $Person -ErrorAction SilentlyContinue)) {
    New-LocalUser -Name $Person -Password (ConvertTo-SecureString (New-RandomPassword) -AsPlainText -Force) `
      -PasswordNeverExpires
    Add-LocalGroupMember -SID 'S-1-5-32-545' -Member $Person
  }
  Write-File "$Base\person.txt" $Person
  # The last login's minute may have ended while the machine was off.
  powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -File "$Base\login.ps1" over
}

Step 'idle_watch' {
  Write-File "$Base\rules.json" $GuardRules
  Write-File "$Base\idle.ps1" $IdleWatch
  $Action = New-ScheduledTaskAction -Execute 'powershell.exe' `
    -Argument "-NoProfile -NonInteractive -ExecutionPolicy Bypass -File $Base\idle.ps1 $LogGroup"
  $Trigger = New-ScheduledTaskTrigger -Once -At (Get-Date).AddMinutes(5) -RepetitionInterval (New-TimeSpan -Minutes 1)
  # One that hangs must not keep the next from looking.
  $Settings = New-ScheduledTaskSettingsSet -ExecutionTimeLimit (New-TimeSpan -Minutes 5)
  Register-ScheduledTask -Force -TaskName 'Soundstage idle watch' -Action $Action -Trigger $Trigger -Settings $Settings -User 'S-1-5-18'
}

# The time of the machine's host, which needs no network.
Step 'clock' {
  Set-Service w32time -StartupType Automatic
  Start-Service w32time
  w32tm /config /manualpeerlist:169.254.169.123 /syncfromflags:manual /update
  w32tm /resync /force
}

Step 'gpu_driver' {
  $Smi = 'C:\Windows\System32\nvidia-smi.exe'
  if (-not $Gpu) { return }
  if (-not (Test-Path $Smi)) {
    # A network's own way to S3 leads to its own region only.
    if (-not $Web -and (Get-Metadata 'placement/region') -ne $GpuRegion) {
      throw "the image has no driver, and its bucket is in $GpuRegion, which this network does not reach: use an image that has one"
    }
    $Installer = "$Base\gpu.exe"
    Read-S3Object -BucketName $GpuBucket -Key $GpuKey -File $Installer -Region $GpuRegion
    Assert-Sha256 $Installer $GpuSha256
    Start-Process -Wait $Installer -ArgumentList '-s', '-n', '-noreboot'
    Remove-Item $Installer
  }
  $Found = & $Smi -L
  $Found
  if ($LASTEXITCODE -or "$Found" -notmatch 'GPU \d') { throw 'the GPU does not answer' }
}

Step 'sound' {
  Set-Service Audiosrv -StartupType Automatic
  Start-Service Audiosrv
}

Step 'display' {
  if (-not (Test-Path $DcvHome)) {
    if (-not $Web) { throw 'the image has no display server and the machine no way to the internet' }
    Invoke-WebRequest -UseBasicParsing -Uri $DcvUrl -OutFile "$Base\dcv.msi"
    Assert-Sha256 "$Base\dcv.msi" $DcvSha256
    # Beside a GPU's own screens the indirect one would be a second desktop; without a GPU it is the only one.
    $Parts = if ($Gpu) { 'ADDLOCAL=ALL REMOVE=iddDriver' } else { '' }
    Start-Process -Wait msiexec.exe -ArgumentList "/i $Base\dcv.msi /quiet /norestart /l*v $Base\dcv.log $Parts"
    Remove-Item "$Base\dcv.msi"
  }
  $Changed = Write-File $DcvPermissionsFile $DcvPermissions
  $Changed = (Write-File "$DcvHome\conf\default.perm" $DcvPermissions) -or $Changed
  $Changed = (@(Set-AllDcv) -contains $true) -or $Changed
  Set-Service dcvserver -StartupType Automatic
  if ($Changed) { Restart-Service -Force dcvserver } else { Start-Service dcvserver }
}

# rclone asks the machine's role for credentials, so that none lies on the disk.
Step 'media_drive' {
  if (-not $Bucket) { return }
  if ("$Bucket$Prefix$Project" -cnotmatch '^[A-Za-z0-9._/-]+$') { throw 'not the name of a bucket' }
  $Rclone = 'C:\Program Files\rclone\rclone.exe'
  if (-not (Test-Path $Rclone)) { throw "the image has no rclone, so the bucket $Bucket is no drive" }
  if (-not (Test-Path 'HKLM:\SOFTWARE\WOW6432Node\WinFsp')) { throw "the image has no WinFsp, so the bucket $Bucket is no drive" }
  $Region = Get-Metadata 'placement/region'
  $Remote = ":s3,provider=AWS,env_auth=true,region=$Region`:$Bucket/$Prefix"
  $Action = New-ScheduledTaskAction -Execute $Rclone `
    -Argument "mount `"$Remote`" M: --vfs-cache-mode writes --network-mode --volname `"$Project`" --log-file $Base\media.log"
  # Tasks end after three days unless told otherwise.
  $Settings = New-ScheduledTaskSettingsSet -ExecutionTimeLimit ([TimeSpan]::Zero) -RestartCount 60 -RestartInterval (New-TimeSpan -Minutes 1)
  Register-ScheduledTask -Force -TaskName 'Soundstage media' -Action $Action -User 'S-1-5-18' -Settings $Settings `
    -Trigger (New-ScheduledTaskTrigger -AtStartup)
  Start-ScheduledTask 'Soundstage media'
}

Step 'scratch_disk' {
  if ($ScratchTag) { Mount-Blank (Get-TaggedDisk $ScratchTag) 'scratch' 'S'; return }
  $Letters = [Collections.Queue]@('S', 'T', 'U', 'V')
  Get-Disk | Where-Object { $_.BusType -eq 'NVMe' -and $_.Model -like 'Amazon EC2 NVMe Instance Storage*' } |
    Select-Object -First 4 | ForEach-Object { Mount-Blank $_ 'scratch' $Letters.Dequeue() }
}

Step 'data_disk' { if ($DataTag) { Mount-Blank (Get-TaggedDisk $DataTag) 'data' 'D' } }

Invoke-OwnSteps
Stop-Transcript | Out-Null
Invoke-Probe 'boot'
