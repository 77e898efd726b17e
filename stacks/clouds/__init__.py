"""One account of a cloud, and what can be asked of it. `base` is all that the rest of `stacks` knows of any cloud; `aws/` is AWS's
side of it. `stacks.target` chooses."""
