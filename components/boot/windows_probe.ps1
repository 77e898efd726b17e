# Looks whether this workstation is ready, writes what it saw and sends it to the machine's log group.
# Run as administrator: probe.ps1 [boot|request|progress] [LOG GROUP], or at the end of a bake: probe.ps1 -Occasion bake -Expected FILE, which writes
# nothing. The document is described in report.py.
param([string]$Occasion = 'request', [string]$LogGroup = '', [string]$Expected = 'C:\ProgramData\Soundstage\expected.json')
$ErrorActionPreference = 'Stop'
$Base = 'C:\ProgramData\Soundstage'
$Smi = 'C:\Windows\System32\nvidia-smi.exe'
$Dcv = 'C:\Program Files\NICE\DCV\Server\bin\dcv.exe'
$Image = 'C:\Program Files\Soundstage\image.json'
$Want = Get-Content $Expected -Raw -Encoding UTF8 | ConvertFrom-Json
$Promised = if (Test-Path $Image) { Get-Content $Image -Raw -Encoding UTF8 | ConvertFrom-Json }
$Began = Get-Date

function Get-Tail($Path) {
  if (-not $Path -or -not (Test-Path $Path)) { return '' }
  $Text = (Get-Content $Path -Tail 40) -join "`n"
  $Text.Substring([math]::Max(0, $Text.Length - 2000))
}

# What a person reads: the sentence that is thrown. NA: this machine need not have it.
function Assert-Need($Wanted) { if (-not $Wanted) { throw 'NA' } }

function Wait-For($Seconds, $Body) {
  $Until = (Get-Date).AddSeconds($Seconds)
  while ($true) {
    try { return & $Body } catch { if ((Get-Date) -gt $Until) { throw } }
    Start-Sleep 3
  }
}

function Measure-Writing($Drive, $Floor) {
  $File = "$Drive\.soundstage-probe"
  $Bytes = New-Object byte[] 1048576
  try {
    $Watch = [Diagnostics.Stopwatch]::StartNew()
    $Stream = New-Object IO.FileStream($File, [IO.FileMode]::Create, [IO.FileAccess]::Write, [IO.FileShare]::None, 1048576, [IO.FileOptions]::WriteThrough)
    try { foreach ($Piece in 1..64) { $Stream.Write($Bytes, 0, $Bytes.Length) }; $Stream.Flush($true) } finally { $Stream.Dispose() }
    $Rate = [math]::Round(67.1 / [math]::Max($Watch.Elapsed.TotalSeconds, 0.001))
  } finally { if (Test-Path $File) { Remove-Item -Force $File } }
  if ($Rate -lt $Floor) { throw "$Drive takes $Rate MB/s; at least $Floor are expected." }
  "$Rate MB/s"
}

function Assert-Drive($Drive) {
  if (-not (Test-Path "$Drive\")) { throw "There is no drive $Drive." }
  $Drive
}

$Checks = [ordered]@{
  driver = {
    Assert-Need $Want.gpu
    if (-not (Test-Path $Smi)) { throw 'The image has no driver for its GPU.' }
    $Rows = & $Smi '--query-gpu=name,driver_version' '--format=csv,noheader'
    if ($LASTEXITCODE -or "$Rows" -notmatch '\d+\.\d+') { throw 'The driver is installed and finds no GPU.' }
    $Version = ("$Rows" -split ',')[-1].Trim()
    if ($Promised.driver_branch -and ($Version -split '\.')[0] -ne $Promised.driver_branch) {
      throw "The driver is $Version; the image promises branch $($Promised.driver_branch)."
    }
    "$Rows"
  }
  licence = {
    Assert-Need ($Want.gpu -and $Promised.licence)
    Wait-For 60 {
      $Line = & $Smi -q | Select-String 'License Status' | Select-Object -First 1
      if ("$Line" -notmatch ':\s*Licensed') { throw "The driver has no licence for virtual workstations. $Line" }
      "$Line".Trim()
    }
  }
  encoder = {
    Assert-Need $Want.gpu
    if (-not (Test-Path 'C:\Windows\System32\nvEncodeAPI64.dll')) { throw 'The driver has no library for encoding video.' }
    $Sessions = & $Smi '--query-gpu=encoder.stats.sessionCount' '--format=csv,noheader'
    if ($LASTEXITCODE) { throw 'The encoder does not answer.' }
    "encoder sessions: $Sessions"
  }
  renderer = {
    Assert-Need $Want.gpu
    $Card = Get-CimInstance Win32_VideoController | Where-Object Name -like '*NVIDIA*' | Select-Object -First 1
    if (-not $Card) { throw 'Windows knows no NVIDIA card, so the desktop is drawn by the processor.' }
    if ($Card.ConfigManagerErrorCode) { throw "Windows has stopped the card (code $($Card.ConfigManagerErrorCode))." }
    $Card.Name
  }
  display = {
    Assert-Need $Want.display
    if (-not (Test-Path $Dcv)) { throw 'The image has no display server.' }
    Wait-For 90 {
      if ((Get-Service dcvserver).Status -ne 'Running') { throw 'dcvserver does not run.' }
      if (-not (Get-NetTCPConnection -LocalPort $Want.port -State Listen -ErrorAction SilentlyContinue)) {
        throw "Nothing listens on port $($Want.port)."
      }
      $Sessions = & $Dcv list-sessions | Out-String
      if ($Want.person -and $Sessions -notmatch "'console'.*owner:$([regex]::Escape($Want.person))") {
        throw "The display has no session for the person. $Sessions"
      }
      "port $($Want.port) listens; $($Sessions.Trim())"
    }
  }
  size = {
    Assert-Need $Want.display
    $Screens = Get-CimInstance Win32_VideoController | Where-Object CurrentHorizontalResolution
    if (-not $Screens) { throw 'Windows has no screen.' }
    ($Screens | ForEach-Object { "$($_.CurrentHorizontalResolution) x $($_.CurrentVerticalResolution)" }) -join ', '
  }
  audio = {
    Assert-Need $Want.audio
    if ((Get-Service Audiosrv).Status -ne 'Running') { throw 'The service for sound (Audiosrv) does not run.' }
    $Devices = @(Get-CimInstance Win32_SoundDevice | ForEach-Object Name)
    if (-not $Devices) { throw 'Windows has no device for sound.' }
    $Devices -join ', '
  }
  scratch = {
    $Local = Get-Disk | Where-Object Model -like 'Amazon EC2 NVMe Instance Storage*'
    Assert-Need ($Want.scratch_volume -or $Local)
    "$(Assert-Drive 'S:'), $(Measure-Writing 'S:' $Want.scratch_floor)"
  }
  data = {
    Assert-Need $Want.data
    "$(Assert-Drive $Want.data), $(Measure-Writing $Want.data $Want.data_floor)"
  }
  disks = {
    Assert-Need @($Want.disks).Count
    (@($Want.disks) | ForEach-Object { Assert-Drive $_ }) -join ', '
  }
  media = {
    Assert-Need $Want.media
    Wait-For 30 { Assert-Drive $Want.media }
  }
  idle_guard = {
    Assert-Need $Want.idle_guard
    $Task = Get-ScheduledTask -TaskName 'Soundstage idle watch' -ErrorAction SilentlyContinue
    if (-not $Task -or $Task.State -eq 'Disabled') { throw 'The watch that stops an idle machine does not run.' }
    "$($Task.State)"
  }
  clock = {
    Assert-Need $Want.clock_seconds
    try { $Date = (Invoke-WebRequest -UseBasicParsing -TimeoutSec 5 -Uri 'http://169.254.169.254/').Headers['Date'] } catch {
      if (-not $_.Exception.Response) { throw 'The metadata service does not tell the time.' }
      $Date = $_.Exception.Response.Headers['Date']
    }
    $Theirs = [DateTimeOffset]::Parse($Date, [Globalization.CultureInfo]::InvariantCulture).UtcDateTime
    $Away = [math]::Round(((Get-Date).ToUniversalTime() - $Theirs).TotalSeconds)
    if ([math]::Abs($Away) -gt $Want.clock_seconds) { throw "The clock is $Away seconds away from the right time." }
    "$Away seconds"
  }
  space = {
    $Free = [math]::Round((Get-PSDrive C).Free / 1073741824, 1)
    if ($Free -lt 5) { throw "The root disk is full: $Free GB are left." }
    "$Free GB free"
  }
}
$Logs = @{ display = 'C:\ProgramData\NICE\dcv\log\server.log'; media = "$Base\media.log"; data = "$Base\boot.log"; scratch = "$Base\boot.log"; driver = "$Base\boot.log" }

$Found = New-Object Collections.ArrayList
if ($Occasion -ne 'progress') {
  foreach ($Name in $Checks.Keys) {
    $Told = @{ name = $Name; result = 'ok'; seen = ''; wrong = ''; log = '' }
    try { $Told.seen = "$(& $Checks[$Name])" } catch {
      if ("$_" -eq 'NA') { $Told.result = 'not-applicable' } else {
        $Told.result = 'failed'
        $Told.wrong = "$_"
        $Told.log = Get-Tail $Logs[$Name]
      }
    }
    [void]$Found.Add($Told)
  }
}

$Phases = @()
if (Test-Path "$Base\phases.json") {
  $Phases = @(Get-Content "$Base\phases.json" -Raw -Encoding UTF8 | ConvertFrom-Json | ForEach-Object { $_ })
}
$Sum = ($Phases | Measure-Object -Property seconds -Sum).Sum
$Failed = @(@($Phases) + @($Found) | Where-Object result -eq 'failed')
$Ended = if ($Occasion -eq 'progress') { $null } else { (Get-Date).ToUniversalTime().ToString('s') + 'Z' }
$Report = [ordered]@{
  format = 1
  occasion = if ($Occasion -eq 'progress') { 'boot' } else { $Occasion }
  machine = $Want.machine
  project = $Want.project
  began = $Began.AddSeconds(-[double]$Sum).ToUniversalTime().ToString('s') + 'Z'
  ended = $Ended
  ready = [bool]($Ended -and -not $Failed)
  doing = if ($Ended) { '' } else { "$(Get-Content "$Base\doing.txt")".Trim() }
  phases = @($Phases)
  checks = @($Found)
}
$Text = ConvertTo-Json $Report -Depth 4 -Compress
if ($Occasion -ne 'bake') { [IO.File]::WriteAllText("$Base\ready.json", $Text, (New-Object Text.UTF8Encoding $false)) }

# With AWS's own tools, which every Windows image of AWS has. A failure to send is no failure of the machine.
if ($LogGroup) {
  try {
    $Region = Get-EC2InstanceMetadata -Category Region | ForEach-Object SystemName
    $Machine = Get-EC2InstanceMetadata -Category InstanceId
    $Mark = "$Base\shipped.txt"
    $Lines = @(Get-Content "$Base\boot.log")
    $Done = if (Test-Path $Mark) { [int](Get-Content $Mark) } else { 0 }
    $Fresh = @($Lines | Select-Object -Skip $Done | Where-Object { $_.Trim() } | Select-Object -Last 1000)
    foreach ($Stream in @{ name = 'boot'; lines = $Fresh }, @{ name = 'ready'; lines = @($Text) }) {
      if (-not $Stream.lines) { continue }
      $Events = $Stream.lines | ForEach-Object {
        $Each = New-Object Amazon.CloudWatchLogs.Model.InputLogEvent
        $Each.Timestamp = (Get-Date).ToUniversalTime()
        $Each.Message = "$_"
        $Each
      }
      $Name = "$Machine/$($Stream.name)"
      try { New-CWLLogStream -LogGroupName $LogGroup -LogStreamName $Name -Region $Region } catch { Write-Verbose "$_" }
      Write-CWLLogEvent -LogGroupName $LogGroup -LogStreamName $Name -LogEvent $Events -Region $Region | Out-Null
    }
    Set-Content $Mark $Lines.Count
  } catch { Write-Warning "nothing could be sent to ${LogGroup}: $_" }
}
$Text
if ($Failed) { exit 1 }
