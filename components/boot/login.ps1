# Lets the person of this machine in, once: login.sh for Windows. Runs as SYSTEM and is the only program that people's sessions may
# run (the session document STUDIO.PROJECT.login names it). What it prints goes to whoever opened the session.
#
#   login.ps1 display   a password that opens the display, and the desktop behind it, for a minute
#   login.ps1 ssh KEY   lets an ed25519 key (the base64 part of its public half) in for a minute
#   login.ps1 over      ends the minute of the last password; a scheduled task runs it
#
# Answers one line: soundstage-login, a space, and JSON.
param([string]$Way = '', [string]$Key = '')
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$Base = 'C:\ProgramData\Soundstage'
$Program = "$Base\login.ps1"
$Kept = "$Base\login.json"
$Keys = "$Base\ssh"
$Certificate = 'C:\Windows\System32\config\systemprofile\AppData\Local\NICE\dcv\dcv.pem'
$Who = [IO.File]::ReadAllText("$Base\person.txt").Trim()

# Not Write-Output: its lines are broken where a window would end.
function Write-Answer($Told) { [Console]::Out.WriteLine('soundstage-login ' + (ConvertTo-Json $Told -Compress)) }

function Deny($Why) {
  Write-Answer @{ error = $Why }
  exit 1
}

function New-RandomPassword {
  $Bytes = New-Object byte[] 24
  [Security.Cryptography.RandomNumberGenerator]::Create().GetBytes($Bytes)
  'Aa1!' + [Convert]::ToBase64String($Bytes)
}

# What is known of the last password: itself, encrypted so that only SYSTEM can read it, and when its minute ends.
function Read-Kept {
  if (Test-Path $Kept) { return [IO.File]::ReadAllText($Kept) | ConvertFrom-Json }
  return @{ password = ''; until = 0 }
}

function Write-Kept($Encrypted, $Until) {
  [IO.File]::WriteAllText($Kept, (ConvertTo-Json @{ password = $Encrypted; until = $Until.Ticks } -Compress))
}

# What Windows keeps encrypted for the person (the sign-ins of their programs) hangs on the password, and is lost when somebody else
# sets a new one. It stays when the password is changed by who knows the old one.
function Set-PersonPassword($Fresh, $Until) {
  $Before = [string](Read-Kept).password
  # First the end of the minute: whatever fails below, it comes.
  Write-Kept $Before $Until
  $Secret = ConvertTo-SecureString $Fresh -AsPlainText -Force
  $Changed = $false
  if ($Before) {
    $Old = (New-Object Net.NetworkCredential('', (ConvertTo-SecureString $Before))).Password
    # Refused where an administrator has set another password meanwhile.
    try {
      ([ADSI]"WinNT://$env:COMPUTERNAME/$Who,user").psbase.Invoke('ChangePassword', @($Old, $Fresh)) | Out-Null
      $Changed = $true
    } catch { Write-Verbose "$_" }
  }
  if (-not $Changed) { Set-LocalUser -Name $Who -Password $Secret }
  Write-Kept (ConvertFrom-SecureString $Secret) $Until
}

# It comes before the password: what nothing ends is not given.
function Set-EndOfMinute {
  $Words = "-NoProfile -NonInteractive -ExecutionPolicy Bypass -File $Program over"
  $Action = New-ScheduledTaskAction -Execute 'powershell.exe' -Argument $Words
  $Trigger = New-ScheduledTaskTrigger -Once -At (Get-Date).AddSeconds(61)
  $Settings = New-ScheduledTaskSettingsSet -StartWhenAvailable
  Register-ScheduledTask -Force -TaskName 'Soundstage login over' -Action $Action -Trigger $Trigger -Settings $Settings -User 'S-1-5-18' | Out-Null
}

function Open-Display {
  try { Set-EndOfMinute } catch { Deny 'the machine cannot set the timer that ends a login after a minute' }
  $Password = New-RandomPassword
  Set-PersonPassword $Password ([DateTime]::UtcNow.AddSeconds(60))
  $Print = ''
  if (Test-Path $Certificate) {
    $Shown = New-Object Security.Cryptography.X509Certificates.X509Certificate2 $Certificate
    $Print = [BitConverter]::ToString([Security.Cryptography.SHA256]::Create().ComputeHash($Shown.RawData)) -replace '-', ''
  }
  Write-Answer @{ user = $Who; session = 'console'; certificate = $Print; password = $Password }
}

# Whoever came later gets the whole minute.
function Close-Display {
  if (-not (Test-Path $Kept) -or [long](Read-Kept).until -gt [DateTime]::UtcNow.Ticks) { return }
  Set-PersonPassword (New-RandomPassword) ([DateTime]::UtcNow)
}

function Open-Shell {
  if ($Key -cnotmatch '^AAAAC3NzaC1lZDI1NTE5AAAAI[A-Za-z0-9+/]{43}\z') { Deny 'that is no ed25519 key' }
  $Hosts = @(Get-ChildItem 'C:\ProgramData\ssh\ssh_host_*_key.pub' -ErrorAction SilentlyContinue)
  if (-not $Hosts) { Deny 'its image has no SSH server' }
  New-Item -ItemType Directory -Force $Keys | Out-Null
  # sshd takes no file that others may write, nor one that others may read.
  icacls $Keys /inheritance:r /grant '*S-1-5-18:(OI)(CI)F' '*S-1-5-32-544:(OI)(CI)F' | Out-Null
  $File = "$Keys\$Who"
  # As sshd reads it in `expiry-time`: in this machine's zone. Keys of before are dead after their minute.
  $Until = (Get-Date).AddSeconds(60).ToString('yyyyMMddHHmmss')
  $Lines = @()
  if (Test-Path $File) { $Lines = @([IO.File]::ReadAllLines($File) | Select-Object -Last 20) }
  $Lines += "expiry-time=`"$Until`" ssh-ed25519 $Key"
  [IO.File]::WriteAllText("$File.new", ($Lines -join "`n") + "`n")
  Move-Item -Force "$File.new" $File
  $Named = @($Hosts | ForEach-Object { ([IO.File]::ReadAllText($_.FullName).Trim() -split '\s+')[0..1] -join ' ' })
  Write-Answer @{ user = $Who; host_keys = $Named; shell = 'powershell' }
}

# Two at once would each give a password of which one is wrong.
$Lock = New-Object Threading.Mutex($false, 'Global\soundstage-login')
try { if (-not $Lock.WaitOne(20000)) { Deny 'somebody else is being let in at this moment' } } catch [Threading.AbandonedMutexException] { Write-Verbose "$_" }
try {
  switch ($Way) {
    'display' { Open-Display }
    'ssh' { Open-Shell }
    'over' { Close-Display }
    default { Deny 'say display or ssh' }
  }
} finally { $Lock.ReleaseMutex() }
