"""Stopping rules: each watches the steps of a fit, and picks one without the clean image."""
