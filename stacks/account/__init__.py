"""What is asked of a cloud account: preflight, quotas, who else uses it, and which permissions a project takes."""
