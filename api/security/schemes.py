"""How the OpenAPI document names the ways to say who one is.

`Signature` and `Bearer` always; the bare access key in `Authorization` only where an installation is local,
since elsewhere the option does not exist. Decides nothing about a request.
"""

from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.models import APIKey, APIKeyIn
from fastapi.security import APIKeyHeader, HTTPBearer

SIGNATURE_NAME: Final = "Signature"
ACCESS_KEY_NAME: Final = "AccessKey"

BEARER: Final = HTTPBearer(
    scheme_name="Bearer",
    bearerFormat="JWT",
    auto_error=False,
    description="The access token of a login, without the word `Bearer` before it.",
)
SIGNATURE: Final = APIKeyHeader(
    name="X-Signature",
    scheme_name=SIGNATURE_NAME,
    auto_error=False,
    description=(
        "Base64 HMAC-SHA256 of the raw query string, keyed with the secret key. The query carries `key`, `timestamp`"
        " (Unix seconds) and `digest`: hex SHA-256 of `METHOD\\nPATH\\nIDEMPOTENCY-KEY\\n` and the body. A POST needs"
        " an `Idempotency-Key` header."
    ),
)
KEYED: Final[dict[str, Any]] = {
    "parameters": [
        {
            "name": "Idempotency-Key",
            "in": "header",
            "required": False,
            # No example: Swagger would send it with every try, and the second is refused as another request.
            "description": "Names this request, as `order-1042-paid` does: repeated with the same key and body it gets"
            " the first answer and sends nothing. A signed request needs one; it is bound by the signature.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[\\x21-\\x7e]+$"},
        }
    ]
}
"""What the document says of a route that stores what it accepts; the header itself is read raw, with the signature."""
ACCESS_KEY: Final = APIKey.model_validate(
    {
        "in": APIKeyIn.header,
        "name": "Authorization",
        "description": "Only with ALRIM_ENV=local: the access key stands in for a signature.",
    }
)


def show_access_keys(app: FastAPI) -> None:
    """Add the bare access key to an application's OpenAPI document, wherever a signature is taken."""
    make = app.openapi

    def openapi() -> dict[str, Any]:
        document = make()
        schemes = document["components"]["securitySchemes"]
        if ACCESS_KEY_NAME not in schemes:
            schemes[ACCESS_KEY_NAME] = ACCESS_KEY.model_dump(by_alias=True, exclude_none=True, mode="json")
            for operation in (each for path in document["paths"].values() for each in path.values()):
                if {SIGNATURE_NAME: []} in operation.get("security", []):
                    operation["security"].append({ACCESS_KEY_NAME: []})
        return document

    app.openapi = openapi  # type: ignore[method-assign] # FastAPI's documented way to extend the document
