"""The look-alike clouds. `process` starts, finds and stops one; `faultrules` are faults on request. What is the same for every cloud is here
(server, cloud, guard, journal, world, faults), `aws/` is moto with what it lacks (`gaps/`), what it does wrong (`patches/`) and IAM (`iam/`).
`plugin` is the provider of `soundstage.providers` as a plugin of the genuine engine.
"""
