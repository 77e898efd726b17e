"""The ways to a machine that opens no port to anybody, in our own code: Session Manager's data channel here, and Google's relay in `iap`.
`route` is what both are to everything above.

`message` is the wire, `channel` makes it reliable over websockets that break, `streams` carries many connections in one channel,
`handshake` is the agreement of both ends, `session` one session of ours, and `tunnel` and `pipe` what people use it for. `program`
runs the one program that a session document names. The simulated cloud uses the first four from the other end.

Sources, read and not copied (2026-11): aws/session-manager-plugin at 61cf128 and aws/amazon-ssm-agent at 1c217c8.
"""
