"""The thirty-row job: a form filled from a CSV file, with everything that goes wrong on such a morning."""
