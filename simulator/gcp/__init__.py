"""The simulated Google Cloud: `front.GcpFront` takes a request on from `simulator.cloud`. What there is to call is what Google's discovery
documents say (`routes`, `checking`); what most methods do follows from their names (`generic`); what does not is a function in
`HANDLERS` of `compute/`, `storage/` or `services/`.
"""
