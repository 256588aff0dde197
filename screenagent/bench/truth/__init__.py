"""`bench truth`: the same task where it works and where it silently does not; is "done" said of what was done alone?"""
