"""Takes down, or parks, what is past its day: for a job that runs every night."""
