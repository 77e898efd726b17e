# Gives the person of this workstation a new password and shows it once, inside a session of Session Manager.
$Person = Get-Content 'C:\ProgramData\Soundstage\person.txt'
$Bytes = New-Object byte[] 18
[Security.Cryptography.RandomNumberGenerator]::Create().GetBytes($Bytes)
$Password = 'Aa1!' + [Convert]::ToBase64String($Bytes)
Set-LocalUser -Name $Person -Password (ConvertTo-SecureString $Password -AsPlainText -Force)
"user: $Person"
"password: $Password"
