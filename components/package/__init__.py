"""The components as a Pulumi package, for TypeScript, YAML, Go, C# and Java."""
