"""What makes a cloud match a program. Other rooms use `base` (what an engine is, its events and results), `lock_wait` (trying
again while another command has the stack), `interrupts`, `kept` (what is on record on this machine), `backend` and `passphrase`; which
engine a stack has is chosen in `soundstage.stacks.target`. `embedded/` runs our own programs in this process, on the simulated clouds;
`pulumi/` drives the genuine command.
"""
