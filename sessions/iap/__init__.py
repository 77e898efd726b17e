"""Google's relay for TCP through Identity-Aware Proxy, in our own code: the way to a machine that has no public address.

`frames` is the wire, `flow` what either end keeps so that no byte is lost when a websocket breaks, `relay` one connection to a port of a
machine from the client's end, `way` what people use it for. The simulated Google Cloud uses the first two from the other end.

A websocket carries one TCP connection. Bytes are counted in both directions, and a count that is acknowledged stands for all before it;
over another websocket the connection goes on where it was.

Sources, read and not copied: Google Cloud CLI 528.0.0 (`iap_tunnel_websocket.py`, `…_helper.py`, `…_utils.py` in
`googlecloudsdk/api_lib/compute`, 2026-11), the names of close codes in GoogleCloudPlatform/iap-desktop (`SshRelayCloseCode`, 2026-11).
"""
