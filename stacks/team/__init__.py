"""All machines of a studio at once: over its projects, clouds and regions."""
