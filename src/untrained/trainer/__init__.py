"""What runs a fit: the two Lightning classes, and what can change how the steps go on."""
