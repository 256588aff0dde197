"""Skills: how something is reached that depends on what is seen, as generators of steps."""
