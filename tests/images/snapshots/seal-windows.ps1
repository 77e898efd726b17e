Remove-Item -Recurse -Force 'C:\ProgramData\Soundstage\cache' -ErrorAction SilentlyContinue
Remove-Item -Force 'C:\ProgramData\ssh\ssh_host_*', 'C:\ProgramData\ssh\administrators_authorized_keys' -ErrorAction SilentlyContinue
Clear-EventLog -LogName Application, System -ErrorAction SilentlyContinue
Remove-Item (Get-PSReadLineOption).HistorySavePath -ErrorAction SilentlyContinue
& 'C:\Program Files\Amazon\EC2Launch\EC2Launch.exe' sysprep --clean --shutdown
