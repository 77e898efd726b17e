# The idle guard of a workstation with Windows: idle.ps1 [LOG GROUP]. It stops the machine when nobody uses it and it does nothing.
# The decision is the one of idle_watch.py, by the same table and with the same words; the traces of both are in tests/components/guard.
param([string]$LogGroup = '')
$Base = 'C:\ProgramData\Soundstage'
$Dcv = 'C:\Program Files\NICE\DCV\Server\bin\dcv.exe'
$Smi = 'C:\Windows\System32\nvidia-smi.exe'

function Get-Words($Name) {
  @([regex]::Matches("$Name".ToLowerInvariant(), '[a-z]+|[0-9]+') | ForEach-Object { $_.Value })
}

# Word by word: Nuke15.0 is nuke, and nukex is not.
function Test-Named($Rules, $Path, $Programs) {
  $Have = @(Get-Words (("$Path" -split '[\\/]')[-1]))
  foreach ($Program in $Programs) {
    $Want = @(Get-Words $Program)
    $Rest = @($Have | Select-Object -Skip $Want.Count | Where-Object { $_ -notmatch '^[0-9]+$' -and $Rules.endings -notcontains $_ })
    if ((@($Have | Select-Object -First $Want.Count) -join ' ') -eq ($Want -join ' ') -and $Rest.Count -eq 0) { return $true }
  }
  return $false
}

function Test-Program($Rules, $Command, $Pattern) {
  $Words = @($Command | ForEach-Object { "$_".ToLowerInvariant() })
  if ($Words.Count -and (Test-Named $Rules $Words[0] $Rules.interpreters)) { $Words = @($Words | Select-Object -Skip 1) }
  if (-not $Words.Count) { return $false }
  if (Test-Named $Rules $Words[0] @($Pattern)) { return $true }
  $Wanted = @($Pattern.ToLowerInvariant() -split ' +')
  $More = @($Words | Select-Object -Skip 1)
  $Missing = @($Wanted | Select-Object -Skip 1 | Where-Object { $More -notcontains $_ })
  return (Test-Named $Rules $Words[0] @($Wanted[0])) -and $Missing.Count -eq 0
}

# The signs of life of the programs that count as work, and which is at work, in words.
function Get-Work($Rules, $Patterns, $Sample, $Life) {
  $Found = @{}
  $Reason = ''
  foreach ($Pattern in @($Rules.always.programs) + @($Patterns)) {
    $Mine = @($Sample.programs | Where-Object { Test-Program $Rules $_.command $Pattern })
    if (-not $Mine.Count) { continue }
    $Used = ($Mine | ForEach-Object { [double]$_.seconds } | Measure-Object -Sum).Sum
    $App = $Rules.apps -contains $Pattern
    $Before = if ($Life.$Pattern) { $Life.$Pattern } else { @{ used = $Used; alive = $Sample.at; at = $Sample.at } }
    $Needed = ($Sample.at - $Before.at) * $(if ($App) { $Rules.app_cores } else { $Rules.quiet_cores })
    $Alive = if ($Used - $Before.used -ge $Needed) { $Sample.at } else { $Before.alive }
    $Found[$Pattern] = @{ used = $Used; alive = $Alive; at = $Sample.at }
    $Minutes = if ($App) { $Rules.app_minutes } else { $Rules.quiet_minutes }
    if (-not $Reason -and $Sample.at - $Alive -lt $Minutes * 60) {
      $Reason = if ($Rules.always.programs -contains $Pattern) { $Rules.always.words } else { "at work: $Pattern" }
    }
  }
  return @{ life = $Found; reason = $Reason }
}

# What to do now, and what to remember until the next look. A look is remembered as text, which JSON leaves as it is.
function Get-Decision($Rules, $Wanted, $Sample, $Memory) {
  $Now = $Sample.at
  if (-not $Memory -or $Now -lt $Memory.at -or $Now - $Memory.at -gt $Rules.gap_minutes * 60) {
    $Memory = @{ at = $Now; looks = @(); life = @{}; worked = $Now; dark = $null; warned = $null }
  }
  $Names = @($Rules.measures | ForEach-Object { $_.name })
  $Look = @($Names | ForEach-Object { if ($null -eq $Sample.$_) { 'x' } else { ([double]$Sample.$_).ToString('r', [cultureinfo]::InvariantCulture) } }) -join ' '
  $Looks = @(@($Memory.looks) + $Look | Where-Object { $_ } | Select-Object -Last $Rules.looks)
  $Dark = $null
  if ($null -eq $Sample.people -or ($Look -split ' ') -contains 'x') { $Dark = if ($null -eq $Memory.dark) { $Now } else { $Memory.dark } }
  $Worked = $Memory.worked
  $Work = Get-Work $Rules $Wanted.patterns $Sample $Memory.life
  $Measure = ''
  for ($Place = 0; $Place -lt $Names.Count; $Place++) {
    $Each = @($Rules.measures)[$Place]
    $Seen = @($Looks | ForEach-Object { ($_ -split ' ')[$Place] })
    $Over = @($Seen | ForEach-Object { $_ -ne 'x' -and [double]::Parse($_, [cultureinfo]::InvariantCulture) -ge $Each.at_least })
    if (@($Over | Where-Object { $_ }).Count -ge $Rules.busy_looks) {
      if ($Over[-1]) { $Worked = $Now }
      $Most = ($Seen | Where-Object { $_ -ne 'x' } | ForEach-Object { [double]::Parse($_, [cultureinfo]::InvariantCulture) } | Measure-Object -Maximum).Maximum
      if (-not $Measure) { $Measure = $Each.words.Replace('{}', $Most.ToString('0.#', [cultureinfo]::InvariantCulture)) }
    }
  }
  $Minutes = if ($Sample.over) { [math]::Min($Wanted.minutes, $Rules.after_hours_minutes) } else { $Wanted.minutes }
  $Typed = $Sample.input_minutes
  if ($null -ne $Typed) { $Worked = [math]::Max($Worked, $Now - $Typed * 60) }
  $Reason = ''
  if ($Sample.awake) { $Reason = $Sample.awake }
  elseif ($Sample.people -and ($null -eq $Typed -or $Typed -lt $Wanted.minutes)) { $Reason = 'somebody is connected' }
  elseif ($Work.reason) { $Reason = $Work.reason }
  elseif ($Measure) { $Reason = $Measure }
  elseif ($null -ne $Dark -and $Now - $Dark -lt $Rules.dark_minutes * 60) { $Reason = 'what it does cannot be read' }
  if ($Reason -ne $Measure) { $Worked = $Now }
  $Idle = [math]::Floor(($Now - $Worked) / 60)
  $Warned = $null
  $Verdict = if ($Reason) { 'keep' } else { 'idle' }
  if (-not $Reason -and $Idle -ge $Minutes - $Wanted.warn) {
    if ($null -eq $Memory.warned) { $Verdict = 'warn'; $Warned = $Now } else { $Warned = $Memory.warned }
    if ($Idle -ge $Minutes -and $Now - $Warned -ge [math]::Min($Wanted.warn, $Minutes) * 60) { $Verdict = 'stop' }
  }
  return @{
    told = @{ verdict = $Verdict; reason = $Reason; idle_minutes = $Idle; stops_after = $Minutes }
    memory = @{ at = $Now; looks = $Looks; life = $Work.life; worked = $Worked; dark = $Dark; warned = $Warned }
  }
}

# What the tags of this machine say now, and the time by the clock of its host; what was last known where they cannot be read.
function Get-Settings {
  $Known = "$Base\idle.json"
  $Clock = [DateTimeOffset]::UtcNow
  try {
    $Uri = 'http://169.254.169.254/latest'
    $Said = Invoke-WebRequest -UseBasicParsing -Method Put -TimeoutSec 5 -Uri "$Uri/api/token" -Headers @{ 'X-aws-ec2-metadata-token-ttl-seconds' = '60' }
    if ($Said.Headers.Date) { $Clock = [DateTimeOffset]::Parse("$($Said.Headers.Date)", [cultureinfo]::InvariantCulture) }
    $Head = @{ 'X-aws-ec2-metadata-token' = "$($Said.Content)" }
    $Found = @{}
    foreach ($Name in "$(Invoke-RestMethod -TimeoutSec 5 -Uri "$Uri/meta-data/tags/instance" -Headers $Head)" -split "`n") {
      if ($Name -like 'soundstage:*') { $Found[$Name] = "$(Invoke-RestMethod -TimeoutSec 5 -Uri "$Uri/meta-data/tags/instance/$Name" -Headers $Head)" }
    }
    $Warn = $Found['soundstage:warn-minutes']
    $Told = @{
      minutes = [int]$Found['soundstage:idle-minutes']
      warn = if ($Warn) { [int]$Warn } else { 5 }
      words = @($Found.Keys | Where-Object { $_ -like 'soundstage:keep-while*' } | Sort-Object | ForEach-Object { $Found[$_] -split ':' } | Where-Object { $_ })
      awake = "$($Found['soundstage:keep-awake'])"
      over = "$($Found['soundstage:hours-over'])"
    }
    if (-not $Told.minutes) { throw 'no minutes' }
    Save-Whole $Known $Told
    return $Told, $Clock
  } catch {
    try { $Old = Get-Content $Known -Raw -ErrorAction Stop | ConvertFrom-Json } catch { $Old = $null }
    if ($Old.minutes) { return $Old, $Clock }
    return @{ minutes = 30; warn = 5; words = @('render', 'transcode', 'upload'); awake = ''; over = '' }, $Clock
  }
}

# Whole or not at all, also on a full disk.
function Save-Whole($Path, $What) {
  try {
    [IO.File]::WriteAllText("$Path.new", (ConvertTo-Json $What -Depth 5 -Compress))
    Move-Item -Force "$Path.new" $Path
  } catch { Write-Warning "$Path cannot be written: $_" }
}

# A moment that the metadata service tells of a spot machine; empty where it tells none.
function Get-Announced($Path, $Key) {
  try {
    $Uri = 'http://169.254.169.254/latest'
    $Token = "$(Invoke-RestMethod -Method Put -TimeoutSec 5 -Uri "$Uri/api/token" -Headers @{ 'X-aws-ec2-metadata-token-ttl-seconds' = '60' })"
    $Told = Invoke-RestMethod -TimeoutSec 5 -Uri "$Uri/meta-data/$Path" -Headers @{ 'X-aws-ec2-metadata-token' = $Token }
    if ($Told -is [string]) { $Told = ConvertFrom-Json $Told }
    return "$($Told.$Key)"
  } catch { return '' }
}

function Get-Seconds($Stamp) {
  $Time = [DateTimeOffset]::MinValue
  if ([DateTimeOffset]::TryParse($Stamp, [cultureinfo]::InvariantCulture, [Globalization.DateTimeStyles]::AssumeUniversal, [ref]$Time)) {
    return $Time.ToUnixTimeSeconds()
  }
  return 0
}

function Get-Awake($Tag, $Clock) {
  $Until, $Who = "$Tag" -split ' ', 2
  $Left = (Get-Seconds $Until) - $Clock.ToUnixTimeSeconds()
  if ($Left -le 0 -or $Left -gt 25 * 3600) { return '' }
  return "$(if ($Who) { $Who } else { 'somebody' }) keeps it awake until $Until"
}

# A program that hangs is left behind; what cannot be read is null.
function Read-Sense($Body) { try { & $Body } catch { $null } }

function Invoke-Bounded($File, $Arguments) {
  $Job = Start-Job { & $using:File @using:Arguments }
  try {
    if (-not (Wait-Job $Job -Timeout 20)) { throw "$File hangs" }
    return Receive-Job $Job
  } finally { Remove-Job -Force $Job }
}

function Get-People {
  if (-not (Test-Path $Dcv)) { return 0 }
  return [int](Invoke-Bounded $Dcv @('describe-session', 'console', '-j') | Out-String | ConvertFrom-Json).'num-of-connections'
}

function Get-Gpus {
  if (-not (Test-Path $Smi)) { return 0, 0 }
  $Rows = @(Invoke-Bounded $Smi @('--query-gpu=utilization.gpu,utilization.encoder,utilization.decoder', '--format=csv,noheader,nounits'))
  if (-not $Rows.Count) { throw 'no GPU' }
  $Cells = @($Rows | ForEach-Object { , @("$_" -split ',' | ForEach-Object { $Cell = 0; [void][int]::TryParse($_.Trim(), [ref]$Cell); $Cell }) })
  return ($Cells | ForEach-Object { $_[0] } | Measure-Object -Maximum).Maximum, ($Cells | ForEach-Object { $_[1]; $_[2] } | Measure-Object -Maximum).Maximum
}

# What the machine has used since its start: seconds of all cores, MB of disks, MB of networks.
function Get-Counted {
  $Cpu = Get-CimInstance Win32_PerfRawData_PerfOS_Processor -Filter "Name='_Total'"
  $Disk = Get-CimInstance Win32_PerfRawData_PerfDisk_PhysicalDisk -Filter "Name='_Total'"
  $Net = (Get-CimInstance Win32_PerfRawData_Tcpip_NetworkInterface | Measure-Object BytesTotalPersec -Sum).Sum
  return @{
    cores = [Environment]::ProcessorCount * ($Cpu.Timestamp_Sys100NS - $Cpu.PercentProcessorTime) / 1e7
    disk = $Disk.DiskBytesPersec / 1e6
    network = $Net / 1e6
  }
}

# How much memory is taken, and how much video memory of the fullest GPU, in GiB; null for what cannot be read.
function Get-Room {
  $System = Get-CimInstance Win32_OperatingSystem
  $Found = @{ memory_gib = ($System.TotalVisibleMemorySize - $System.FreePhysicalMemory) / 1048576 }
  if (Test-Path $Smi) {
    $Found.vram_gib = Read-Sense {
      $Rows = @(Invoke-Bounded $Smi @('--query-gpu=memory.used', '--format=csv,noheader,nounits'))
      ($Rows | ForEach-Object { [int]"$_".Trim() } | Measure-Object -Maximum).Maximum / 1024
    }
  }
  return $Found
}

function Get-Programs {
  foreach ($Process in Get-CimInstance Win32_Process) {
    @{
      command = @($Process.Name) + @("$($Process.CommandLine)" -split '[\s"]+' | Where-Object { $_ })
      seconds = ($Process.KernelModeTime + $Process.UserModeTime) / 1e7
    }
  }
}

# The report, to the machine's log group. A failure to send is no failure of the guard.
function Send-Report($Document) {
  Save-Whole "$Base\guard.json" $Document
  if (-not $LogGroup) { return }
  try {
    $Region = Get-EC2InstanceMetadata -Category Region | ForEach-Object SystemName
    $Name = "$(Get-EC2InstanceMetadata -Category InstanceId)/guard"
    $Event = New-Object Amazon.CloudWatchLogs.Model.InputLogEvent
    $Event.Timestamp = (Get-Date).ToUniversalTime()
    $Event.Message = ConvertTo-Json $Document -Compress
    try { New-CWLLogStream -LogGroupName $LogGroup -LogStreamName $Name -Region $Region } catch { Write-Verbose "$_" }
    Write-CWLLogEvent -LogGroupName $LogGroup -LogStreamName $Name -LogEvent $Event -Region $Region | Out-Null
  } catch { Write-Warning "nothing could be sent to ${LogGroup}: $_" }
}

function Invoke-Guard {
  $Rules = Get-Content "$Base\rules.json" -Raw | ConvertFrom-Json
  $Known, $Clock = Get-Settings
  $Patterns = @($Known.words | ForEach-Object { if ($Rules.activities.$_) { $Rules.activities.$_ } else { "$_".ToLowerInvariant() } } | Sort-Object -Unique)
  $Wanted = @{ minutes = [int]$Known.minutes; warn = [int]$Known.warn; patterns = $Patterns }
  $State = Read-Sense { Get-Content "$Base\state.json" -Raw -ErrorAction Stop | ConvertFrom-Json }
  $At = [Diagnostics.Stopwatch]::GetTimestamp() / [Diagnostics.Stopwatch]::Frequency
  $Used = Read-Sense { Get-Counted }
  $Gpu, $Encoder = Read-Sense { Get-Gpus }
  $Started = $Clock.ToUnixTimeSeconds() - $At
  $Sample = @{
    at = $At; people = Read-Sense { Get-People }; input_minutes = $null; programs = @(Get-Programs); gpu = $Gpu; encoder = $Encoder
    cores = $null; disk = $null; network = $null; awake = Get-Awake $Known.awake $Clock; over = (Get-Seconds $Known.over) -gt $Started
  }
  foreach ($Name in @($Used.Keys)) {
    $Before = if ($State.at -and $At -gt $State.at) { $State.used.$Name }
    $Sample[$Name] = if ($null -eq $Before) { 0 } else { ($Used[$Name] - $Before) / ($At - $State.at) }
  }
  $Most = @{}
  $Now = @{ gpu = $Gpu; cores = $Sample.cores } + $(if ($Room = Read-Sense { Get-Room }) { $Room } else { @{} })
  foreach ($Name in @($Now.Keys)) {
    $Seen = @($Now[$Name], $State.most.$Name | Where-Object { $null -ne $_ })
    if ($Seen.Count) { $Most[$Name] = [math]::Round(($Seen | Measure-Object -Maximum).Maximum, 1) }
  }
  $Decision = Get-Decision $Rules $Wanted $Sample $State.memory
  $Told = $Decision.told
  $Taken = Get-Announced 'spot/instance-action' 'time'
  $Risk = Get-Announced 'events/recommendations/rebalance' 'noticeTime'
  # What was said before the machine was started anew is not said now.
  $Warned = if ($At -ge $State.at) { "$($State.risk)" } else { '' }
  if ($Taken) { $Told.verdict = 'taken'; $Told.reason = "AWS takes its spot capacity back at $Taken" }
  elseif ($Risk) { $Told.reason = "$(if ($Told.reason) { $Told.reason } else { 'idle now' }); AWS may soon take its spot capacity back (told $Risk)" }
  $Kind = "$($Told.verdict) $($Told.reason -replace '[0-9.]+', '')"
  $Fresh = $Kind -ne $State.kind -or -not ($At -ge $State.sent) -or $At - $State.sent -ge 900
  $Keep = @{ at = $At; used = $Used; memory = $Decision.memory; kind = $Kind; most = if ($Fresh) { @{} } else { $Most } }
  $Keep.sent = if ($Fresh) { $At } else { $State.sent }
  $Keep.risk = if ($Risk) { $Risk } else { $Warned }
  Save-Whole "$Base\state.json" $Keep
  $Document = $Told + @{ format = 1; at = $Clock.UtcDateTime.ToString('s') + 'Z'; hours_over = [bool]$Sample.over; most = $Most }
  if ($Fresh) { Send-Report $Document }
  if ($Taken -and "$($State.kind)" -notlike 'taken *') {
    $Hook = "$Base\spot-notice.ps1"
    if (Test-Path $Hook) { Start-Process powershell.exe "-NoProfile -ExecutionPolicy Bypass -File $Hook" }
    msg.exe * /TIME:120 "AWS takes this workstation back at $Taken. Save your work now: it stops then, and starts again later."
  } elseif ($Risk -and -not $Taken -and -not $Warned) {
    msg.exe * /TIME:300 'AWS may soon take this workstation back. Save your work often; before it does, you get two minutes.'
  }
  if ($Told.verdict -eq 'warn') {
    msg.exe * /TIME:300 "This workstation stops in $([math]::Min($Wanted.warn, $Told.stops_after)) minutes because nobody uses it. Move the mouse to keep it on."
  }
  if ($Told.verdict -eq 'stop') { Stop-Computer -Force }
}

if ($MyInvocation.InvocationName -ne '.') { Invoke-Guard }
