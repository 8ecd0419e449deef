"""What a notebook calls: arrays in, arrays out, no folder."""
