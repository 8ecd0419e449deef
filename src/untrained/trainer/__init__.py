"""The two Lightning classes that run a fit, and the callbacks that can change its steps."""
