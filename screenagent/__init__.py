"""A desktop agent that you supervise: it looks, plans, points, asks and acts."""
