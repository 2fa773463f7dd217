"""Events of the past sent to a destination once more, where no process stays."""
