"""The console: a person watches the agent, is asked before anything is sent, and corrects it with one key."""
