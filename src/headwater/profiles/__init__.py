"""Who it is: identifiers, resolution, traits."""
