"""Which people: conditions over what they are and did, evaluated as it happens."""
