"""Nimbus: a cloud that does not exist, with three types of resources. It proves that a second cloud needs what is here and no more:
`front` is the cloud on loopback, `catalogue` its resources as data, `cloud` its account behind the ports."""
