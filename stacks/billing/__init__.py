"""What a project really cost: the cloud's bill, by project and machine, beside what was estimated (`actual`)."""
