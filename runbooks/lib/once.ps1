# Runs a document's task once per work id on this node: the twin of once.sh. Expects $WorkId, $Task and $TimeoutSeconds.
$ErrorActionPreference = 'Stop'
$StateDir = if ($env:FLEETKEEPER_STATE_DIR) { $env:FLEETKEEPER_STATE_DIR } else { Join-Path $env:ProgramData 'Fleetkeeper' }
$Marker = Join-Path (Join-Path $StateDir $WorkId) $Task
$MarkerKeptDays = 30
# Systems Manager's clock runs since a moment before this one. Seconds.
$TimeoutMargin = 5
$StoppedBy = [DateTimeOffset]::UtcNow.ToUnixTimeSeconds() + $TimeoutSeconds - $TimeoutMargin

# Ends the run with this exit status and puts it on record. The rename makes the record whole or absent.
function Complete-Run([int]$Status) {
  Set-Content -Path (Join-Path $Marker 'exit-status.new') -Value $Status
  Move-Item -Force -Path (Join-Path $Marker 'exit-status.new') -Destination (Join-Path $Marker 'exit-status')
  exit $Status
}

New-Item -ItemType Directory -Force -Path $Marker | Out-Null
Get-ChildItem -Path $StateDir -Directory |
  Where-Object { $_.LastWriteTime -lt (Get-Date).AddDays(-$MarkerKeptDays) } |
  Remove-Item -Recurse -Force -ErrorAction SilentlyContinue

# Windows lets go of the open file when its holder dies, so that a killed run never blocks the next.
$Lock = $null
$LockDeadline = (Get-Date).AddSeconds($TimeoutSeconds)
while (-not $Lock) {
  try {
    $Lock = [IO.File]::Open((Join-Path $Marker 'lock'), 'OpenOrCreate', 'ReadWrite', 'None')
  } catch [IO.IOException] {
    if ((Get-Date) -ge $LockDeadline) {
      Write-Output "Another run of $Task for $WorkId is still busy after $TimeoutSeconds seconds."
      exit 75
    }
    Start-Sleep -Seconds 1
  }
}
if (Test-Path (Join-Path $Marker 'exit-status')) {
  $Status = [int](Get-Content (Join-Path $Marker 'exit-status'))
  Write-Output "$Task for $WorkId has already run on this node and ended with exit status ${Status}: nothing done."
  exit $Status
}
if (Test-Path (Join-Path $Marker 'started-at')) {
  $Before = "A run of $Task for $WorkId, started at $(Get-Content (Join-Path $Marker 'started-at')),"
  # What a time limit has stopped had its time: to start over would be to run twice.
  if ([DateTimeOffset]::UtcNow.ToUnixTimeSeconds() -ge [long](Get-Content (Join-Path $Marker 'stopped-by'))) {
    Write-Output "$Before has had all its time and did not end: nothing done."
    Complete-Run 124
  }
  Write-Output "$Before was interrupted before its end: starting over."
}
Set-Content -Path (Join-Path $Marker 'stopped-by') -Value $StoppedBy
Set-Content -Path (Join-Path $Marker 'started-at') -Value (Get-Date).ToUniversalTime().ToString('yyyy-MM-ddTHH:mm:ssZ')
