from typing import Any

from api.security.schemes import show_access_keys
from tests.api.browser import Browser


def security(document: dict[str, Any], path: str, method: str) -> list[str]:
    return [name for each in document["paths"][path][method]["security"] for name in each]


def test_the_document_says_who_may_ask_what(client: Browser) -> None:
    document = client.app.openapi()
    assert security(document, "/accept/{place}", "post") == ["Signature"]
    assert security(document, "/api/user/me", "get") == ["Bearer"]
    assert sorted(security(document, "/look", "get")) == ["Bearer", "Signature"]
    assert "security" not in document["paths"]["/api/auth/login/{sns_type}"]["post"]
    assert "AccessKey" not in str(document)


def test_the_bare_access_key_is_documented_where_it_is_open(client: Browser) -> None:
    show_access_keys(client.app)
    document = client.app.openapi()
    assert client.app.openapi() == document
    assert security(document, "/accept/{place}", "post") == ["Signature", "AccessKey"]
    assert security(document, "/api/user/me", "get") == ["Bearer"]
    scheme = document["components"]["securitySchemes"]["AccessKey"]
    assert (scheme["in"], scheme["name"], scheme["type"]) == ("header", "Authorization", "apiKey")
