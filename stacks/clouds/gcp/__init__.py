"""Google Cloud behind the ports that every cloud has, over plain REST."""
