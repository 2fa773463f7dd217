"""Exports where no process stays and no disk is: made by steps, kept in the bucket."""
