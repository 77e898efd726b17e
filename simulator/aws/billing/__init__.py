"""What the simulated account is billed: what was there for how long, by the cloud's own clock, at the list prices of `pricing`."""
