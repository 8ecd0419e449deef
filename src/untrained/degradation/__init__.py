"""Degradations A: from images to what is measured of them."""
