"""The page of a report: `write.py` fills `page.html` with its style, its script and its data."""
