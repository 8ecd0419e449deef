"""The files of a run's folder. Only this package spells the names of files and columns."""
