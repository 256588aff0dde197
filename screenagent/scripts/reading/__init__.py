"""Reading values off a screen: which place is meant, what stands there, and what that is worth."""
