"""What is taken out: the files of everything held on a person, and how they are put together."""
