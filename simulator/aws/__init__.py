"""The simulated AWS: `front.AwsFront` takes a request on from `simulator.cloud` to moto and back."""
