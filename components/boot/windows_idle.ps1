# Stops this workstation when nobody uses it and it does nothing. What cannot be read counts as work.
$Base = 'C:\ProgramData\Soundstage'
$Settings = Get-Content "$Base\idle.json" -Raw | ConvertFrom-Json
$Stamp = "$Base\last-work.txt"
$Dcv = 'C:\Program Files\NICE\DCV\Server\bin\dcv.exe'
$Smi = 'C:\Windows\System32\nvidia-smi.exe'

function Get-Reason {
  try {
    if ((Test-Path $Dcv) -and (& $Dcv describe-session console -j | Out-String | ConvertFrom-Json).'num-of-connections') {
      return 'somebody is connected'
    }
    foreach ($Process in Get-CimInstance Win32_Process) {
      $Name = ($Process.Name -replace '\.exe$', '').ToLower()
      if ($Name -eq 'ssm-session-worker') { return 'a session is open' }
      $Words = "$($Process.CommandLine)".ToLower() -split '[\s"]+'
      foreach ($Pattern in $Settings.patterns) {
        $Wanted = $Pattern -split ' '
        $Missing = $Wanted | Select-Object -Skip 1 | Where-Object { $Words -notcontains $_ }
        if ($Name -eq $Pattern -or ($Name -eq $Wanted[0] -and -not $Missing)) { return "at work: $Pattern" }
      }
    }
    if (Test-Path $Smi) {
      $Busy = & $Smi --query-gpu=utilization.gpu --format=csv,noheader,nounits | Measure-Object -Maximum
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
