"""Cloud creative workstations: bring them up, use them, take them down.

Start with: workstation init, then preview, up, status and down.
Nothing is billed until a project file says `cloud: aws`; until then it runs on a simulated cloud on this machine.
"""
