"""Session Manager's message gateway.

`gateway` takes the websockets and `agent` is the agent's side of one session; what they lead to is `stand_in`.
"""
