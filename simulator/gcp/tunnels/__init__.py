"""Identity-Aware Proxy's relay for TCP: who may reach which port of a machine (`admission`), and the websockets (`gateway`), which lead to
what stands behind every simulated machine (`stand_in`). `door` is the way from the calls to the gateway, which starts when it is first
needed.
"""
