"""Callbacks: they look at what each step gives, and never change it."""
