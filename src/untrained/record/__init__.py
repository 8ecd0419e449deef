"""What a run's folder holds: the only room that spells its files and columns."""
