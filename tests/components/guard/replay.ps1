# Plays the samples of a trace (JSON on the standard input: rules, wanted, samples) to the guard of Windows, and prints its verdicts.
param([string]$Guard)
. $Guard
$Told = [Console]::In.ReadToEnd() | ConvertFrom-Json
$Memory = $null
$Verdicts = foreach ($Sample in $Told.samples) {
  $Decision = Get-Decision $Told.rules $Told.wanted $Sample $Memory
  # As it is remembered on the machine.
  $Memory = $Decision.memory | ConvertTo-Json -Depth 5 -Compress | ConvertFrom-Json
  $Decision.told
}
ConvertTo-Json @($Verdicts) -Compress
