"""Session Manager's message gateway, and what stands behind it on a simulated machine.

`gateway` takes the websockets, `agent` is the agent's side of one session, and `machine` what a session can lead to: a genuine
OpenSSH server, a page in the place of the display, and the one program of the machine that a session document may name. Nothing of it
is there before the first session is opened, and nothing of it listens to other computers.
"""
