"""Cloud creative workstations: bring them up, use them, take them down.

Start with: workstation init teaser. Each command says what to type next.
Nothing is billed until a project file says `cloud: aws` or `cloud: gcp`; until then it runs on a simulated cloud on this machine.
"""
