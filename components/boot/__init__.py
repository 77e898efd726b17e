"""Boot scripts: pure functions from facts about a machine to the text that it runs when it starts."""
