"""What stands behind a session with a simulated machine, whatever the cloud.

`serving` takes websockets on a port of loopback of its own, `machine` is what a session can lead to: a genuine OpenSSH server, a `page` in
the place of the display, and the programs of the machine that people may run. Nothing of it is there before somebody first comes in, and
nothing of it listens to other computers.
"""
