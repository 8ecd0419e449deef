"""Generators G: networks whose architecture alone is the prior."""
