"""A photo in tiles: plan, fit each tile in a process of its own, and blend them."""
