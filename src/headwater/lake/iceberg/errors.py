"""What can be wrong with the Iceberg metadata of a table."""

from __future__ import annotations

from headwater.errors import HeadwaterError


class DamagedMetadata(HeadwaterError):
    """The Iceberg metadata cannot be read. It is derived: delete it, and it is written anew."""

    code = "iceberg_damaged"
