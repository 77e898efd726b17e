"""The simulated AWS: `cloud.Cloud` takes a request on its way from the wire to moto and back."""
