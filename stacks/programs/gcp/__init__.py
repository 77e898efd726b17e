"""What a project and its studio are made of on Google Cloud."""
