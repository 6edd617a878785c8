"""Real servers that the tests start by themselves."""
