"""One script for many rows of a CSV file: which rows there are, which were played, what became of each."""
