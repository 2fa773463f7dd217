"""What people should know of a plan beside what it says."""

from __future__ import annotations

import json

from headwater.language.reading import Document

_OF_PRODUCT = (
    "orders are told apart by their own properties 'product', 'name', 'product_name', "
    "'product_id' and 'sku', not by what is in their list of products"
)


def remarks_on(document: Document) -> tuple[str, ...]:
    """Answer what is left out, or taken another way than one might think."""
    text = json.dumps(document, default=str)
    asked = any(f'"properties.{name}"' in text for name in ("product_name", "sku"))
    return (_OF_PRODUCT,) if asked and '"any_of"' in text else ()
