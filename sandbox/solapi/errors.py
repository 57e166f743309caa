"""How SOLAPI says no to a whole request: an HTTP status and a body with an error code.

A message that is refused is no error of the request: see `codes`.
"""

from sandbox.vendor_error import VendorError


def refusal(status: int, code: str, message: str = "요청을 처리할 수 없습니다.") -> VendorError:
    """Make a refusal; the message is for a person and holds ids and codes only."""
    return VendorError(status, code, {"errorCode": code, "errorMessage": message})


def throttled() -> VendorError:
    """Make the refusal of a request that comes too fast; neither name nor header is documented by the vendor."""
    code = "TooManyRequests"
    return VendorError(429, code, {"errorCode": code, "errorMessage": "요청이 너무 많습니다."}, {"Retry-After": "1"})


def invalid(message: str = "요청 형식이 올바르지 않습니다.") -> VendorError:
    """Make the refusal of a malformed request."""
    return refusal(400, "ValidationError", message)


def absent() -> VendorError:
    """Make the refusal of something that is not there, or not this account's."""
    return refusal(404, "ResourceNotFound", "리소스를 찾을 수 없습니다.")
