"""`bench peers`: other tools beside this agent, each driven by one of its documented ways on the same pages."""
