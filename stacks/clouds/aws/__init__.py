"""AWS behind the ports of `stacks.clouds.base`, real and simulated: `account` has both; only here are boto3 clients made and called."""
