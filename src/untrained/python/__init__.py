"""The functions for a notebook: arrays in, arrays out, no folder."""
