"""Talks to a vision-language model: prompts, parsing, crops, the engine in this process, remote servers."""
