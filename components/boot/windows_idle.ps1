# Stops this workstation when nobody uses it and it does nothing. What cannot be read counts as work.
$Base = 'C:\ProgramData\Soundstage'
$Known = "$Base\idle.json"
$Stamp = "$Base\last-work.txt"
$Dcv = 'C:\Program Files\NICE\DCV\Server\bin\dcv.exe'
$Smi = 'C:\Windows\System32\nvidia-smi.exe'

# What this machine heeds stands in its tags, so that a change needs no restart; what was last known where they cannot be read.
function Get-Settings {
  try {
    $Uri = 'http://169.254.169.254/latest'
    $Token = Invoke-RestMethod -Method Put -TimeoutSec 5 -Uri "$Uri/api/token" -Headers @{ 'X-aws-ec2-metadata-token-ttl-seconds' = '60' }
    $Get = { param($Tag) Invoke-RestMethod -TimeoutSec 5 -Uri "$Uri/meta-data/tags/instance/soundstage:$Tag" -Headers @{ 'X-aws-ec2-metadata-token' = $Token } }
    $Minutes = [int](& $Get 'idle-minutes')
    $Words = @()
    foreach ($Tag in @('keep-while') + @(2..9 | ForEach-Object { "keep-while-$_" })) {
      try { $Words += "$(& $Get $Tag)" -split ':' } catch {
        if ([int]$_.Exception.Response.StatusCode -ne 404) { throw }
        break
      }
    }
    $Now = @{ minutes = $Minutes; words = @($Words | Where-Object { $_ }) }
    ConvertTo-Json $Now -Compress | Set-Content $Known
    return $Now
  } catch {
    if (Test-Path $Known) {
      $Old = Get-Content $Known -Raw | ConvertFrom-Json
      if ($Old.minutes) { return $Old }
    }
    return @{ minutes = 30; words = @('render', 'transcode', 'upload') }
  }
}

function Get-Patterns($Words) {
  $Activities = Get-Content "$Base\activities.json" -Raw | ConvertFrom-Json
  foreach ($Word in $Words) { if ($Activities.$Word) { $Activities.$Word } else { "$Word".ToLower() } }
}

# Whether a program is the named one, whatever version its name ends in: Nuke15.0 is nuke.
function Test-Named($Name, $Program) {
  $Name -match "^$([regex]::Escape($Program))([-_ ]?v?\d[\d.]*(v\d+)?)?$"
}

$Settings = Get-Settings
$Patterns = @(Get-Patterns $Settings.words)

function Get-Reason {
  try {
    if ((Test-Path $Dcv) -and (& $Dcv describe-session console -j | Out-String | ConvertFrom-Json).'num-of-connections') {
      return 'somebody is connected'
    }
    foreach ($Process in Get-CimInstance Win32_Process) {
      $Name = ($Process.Name -replace '\.exe$', '').ToLower()
      if ($Name -eq 'ssm-session-worker') { return 'a session is open' }
      $Words = "$($Process.CommandLine)".ToLower() -split '[\s"]+'
      foreach ($Pattern in $Patterns) {
        $Wanted = $Pattern -split ' '
        $Missing = $Wanted | Select-Object -Skip 1 | Where-Object { $Words -notcontains $_ }
        if ((Test-Named $Name $Pattern) -or ((Test-Named $Name $Wanted[0]) -and -not $Missing)) { return "at work: $Pattern" }
      }
    }
    if (Test-Path $Smi) {
      $Busy = & $Smi '--query-gpu=utilization.gpu' '--format=csv,noheader,nounits' | Measure-Object -Maximum
      if ($Busy.Maximum -ge 10) { return "the GPU is $($Busy.Maximum) % busy" }
    }
    $Cpu = (Get-CimInstance Win32_PerfFormattedData_PerfOS_Processor -Filter "Name='_Total'").PercentProcessorTime
    $Cores = $Cpu * [Environment]::ProcessorCount / 100
    if ($Cores -ge 1) { return ('{0:n1} cores are busy' -f $Cores) }
  } catch { return "unreadable: $_" }
}

$Now = Get-Date
$Boot = (Get-CimInstance Win32_OperatingSystem).LastBootUpTime
$Reason = Get-Reason
if ($Reason -or -not (Test-Path $Stamp) -or (Get-Item $Stamp).LastWriteTime -lt $Boot) {
  Set-Content $Stamp "$Reason"
  exit
}
if (($Now - (Get-Item $Stamp).LastWriteTime).TotalMinutes -ge $Settings.minutes) { Stop-Computer -Force }
