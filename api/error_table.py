"""Every problem this API can answer with: a stable seven-digit code, and what it says in Korean and English.

The first three digits are the HTTP status. Clients branch on codes, so a code never changes its meaning and is
never used again for another. The table must not know when a problem arises.
"""

from enum import StrEnum
from typing import Self


class Code(StrEnum):
    """A kind of problem.

    Attributes:
        korean: what a person reads by default.
        english: the same for a person who prefers English, and the problem's title.
    """

    korean: str
    english: str

    def __new__(cls, code: str, korean: str, english: str) -> Self:
        """Make a member whose value is the code and which carries its two texts."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.korean = korean
        member.english = english
        return member

    @property
    def status(self) -> int:
        """The HTTP status."""
        return int(self.value[:3])

    BAD_REQUEST = "4000001", "요청을 이해할 수 없습니다.", "The request cannot be understood."
    MALFORMED_JSON = "4000002", "본문이 올바른 JSON이 아닙니다.", "The body is not valid JSON."
    DUPLICATE_PARAMETER = "4000003", "같은 파라미터가 두 번 있습니다.", "A parameter or header stands twice."
    IDEMPOTENCY_KEY_MISSING = "4000004", "Idempotency-Key 헤더가 필요합니다.", "The Idempotency-Key header is missing."
    IDEMPOTENCY_KEY_MALFORMED = "4000005", "Idempotency-Key 형식이 잘못됐습니다.", "The Idempotency-Key is malformed."
    TIMESTAMP_MALFORMED = "4000006", "timestamp가 없거나 잘못됐습니다.", "The timestamp is missing or malformed."
    BAD_CURSOR = "4000007", "이 목록의 커서가 아닙니다.", "The cursor does not belong to this list."
    UNTRUSTED_HOST = "4000008", "허용되지 않은 호스트입니다.", "The Host header names no host of this installation."

    CONSENT_INVALID = (
        "4000009",
        "동의를 다시 요청해 주세요.",
        "The consent does not belong to this browser, or is too old.",
    )
    CONSENT_DENIED = "4000010", "동의가 취소됐습니다.", "The consent was not given."

    CODE_WRONG = "4000011", "코드가 틀렸거나 만료됐습니다.", "The code is wrong, used or too old: ask for a new one."

    CREDENTIALS_MISSING = "4010001", "인증 정보가 필요합니다.", "Credentials are missing."
    UNKNOWN_KEY = "4010002", "등록되지 않은 API 키입니다.", "The API key is unknown."
    KEY_STOPPED = "4010003", "중지된 API 키입니다.", "The API key has been stopped."
    KEY_EXPIRED = "4010013", "만료된 API 키입니다.", "The API key has expired."
    SIGNATURE_WRONG = "4010004", "서명이 올바르지 않습니다.", "The signature is wrong."
    SIGNATURE_EXPIRED = "4010005", "서명이 만료됐습니다.", "The signature has expired."
    SIGNATURE_FUTURE = "4010006", "서명의 시각이 미래입니다.", "The signature lies in the future."
    DIGEST_MISSING = "4010007", "digest 파라미터가 필요합니다.", "The digest parameter is missing."
    DIGEST_MISMATCH = "4010008", "서명한 요청과 다릅니다.", "The request is not the one that was signed."
    TOKEN_INVALID = "4010009", "토큰이 올바르지 않습니다.", "The access token is not valid."
    TOKEN_EXPIRED = "4010010", "토큰이 만료됐습니다.", "The access token has expired."
    LOGIN_FAILED = "4010011", "이메일 또는 비밀번호가 맞지 않습니다.", "The e-mail address or the password is wrong."
    LOGIN_TOO_OLD = (
        "4010014",
        "보안을 위해 다시 로그인해 주세요.",
        "Log in again: this needs a login of the last ten minutes.",
    )
    REFRESH_TOKEN_INVALID = "4010012", "다시 로그인해 주세요.", "The refresh token is not valid any more: log in again."

    NETWORK_NOT_ALLOWED = "4030001", "허용되지 않은 IP 주소입니다.", "The API key may not be used from this address."
    LEGACY_SIGNING_CLOSED = "4030002", "예전 서명 방식을 쓸 수 없습니다.", "This installation allows no legacy signing."
    REPORT_NOT_TRUSTED = "4030004", "신뢰할 수 없는 리포트입니다.", "The report's secret is wrong."
    KEY_READS_ONLY = "4030005", "조회만 할 수 있는 API 키입니다.", "The API key may only read."
    CHANNEL_NOT_ALLOWED = "4030006", "이 API 키로 보낼 수 없는 채널입니다.", "The API key may not send on this channel."
    EMAIL_NOT_VERIFIED = "4030007", "먼저 이메일을 확인해 주세요.", "Verify your e-mail address first."
    NOT_ALLOWED = "4030003", "권한이 없습니다.", "You may not do this."

    ROUTE_NOT_FOUND = "4040001", "없는 주소입니다.", "There is nothing at this path."
    NOTIFICATION_NOT_FOUND = "4040002", "없는 알림입니다.", "There is no such notification."
    BATCH_NOT_FOUND = "4040008", "없는 배치입니다.", "There is no such batch."
    API_KEY_NOT_FOUND = "4040003", "없는 API 키입니다.", "There is no such API key."
    WHITELIST_NOT_FOUND = "4040004", "없는 화이트리스트입니다.", "There is no such whitelist entry."
    CONNECTION_NOT_FOUND = "4040005", "없는 연결입니다.", "There is no such connection."
    RECEIPTS_NOT_FOUND = "4040007", "없는 리포트 주소입니다.", "No connection takes reports here."
    SESSION_NOT_FOUND = "4040009", "없는 로그인입니다.", "There is no such login."
    IDENTITY_NOT_FOUND = "4040010", "연결되지 않은 계정입니다.", "There is no such linked identity."
    LOGIN_NOT_OFFERED = "4040006", "아직 지원하지 않는 로그인 방식입니다.", "This way to log in is not offered."

    METHOD_NOT_ALLOWED = "4050001", "허용되지 않은 메서드입니다.", "This path does not take this method."

    EMAIL_TAKEN = "4090001", "이미 가입된 이메일입니다.", "An account with this e-mail address exists."
    TOO_MANY_KEYS = "4090002", "API 키는 3개까지 만들 수 있습니다.", "An account has at most 3 active API keys."
    TOO_MANY_NETWORKS = "4090003", "화이트리스트는 10개까지입니다.", "A whitelist has at most 10 entries."
    NO_SANDBOX = "4090011", "테스트용 샌드박스가 없습니다.", "This installation has no sandbox for test keys."
    NO_CONNECTION = "4090004", "발송에 쓸 연결이 없습니다.", "No connection serves this channel."
    STATE_CONFLICT = "4090005", "지금 상태에서는 할 수 없습니다.", "The present state does not allow this."

    UPLOAD_TAKEN_OVER = (
        "4090006",
        "같은 배치에 다른 업로드가 진행 중입니다.",
        "Another upload to this batch has gone on from here.",
    )
    CONNECTION_BROKEN = (
        "4090008",
        "연결을 다시 확인해 주세요.",
        "The connection's credentials are not accepted any more: connect it again.",
    )
    TOO_MANY_CONNECTIONS = "4090009", "연결은 20개까지 만들 수 있습니다.", "An account has at most 20 connections."
    CONSENT_NOT_OFFERED = (
        "4090010",
        "이 서버에는 이 제공자의 앱이 설정되지 않았습니다.",
        "This installation has no app at the provider.",
    )
    UPLOAD_CHANGED = "4090007", "이전 업로드와 내용이 다릅니다.", "The upload differs from what was received before."

    NO_MAIL = "4090012", "이 서버는 메일을 보내지 않습니다.", "This installation sends no mail: ask its operator."
    LOGIN_BY_BROWSER = "4090013", "브라우저에서 로그인해 주세요.", "This way to log in begins in a browser."
    IDENTITY_TAKEN = "4090014", "다른 계정에 연결되어 있습니다.", "Another account is linked to this identity."
    LAST_LOGIN = "4090015", "마지막 로그인 수단입니다.", "It is the only way to log in: set a password first."

    BODY_TOO_SLOW = "4080001", "본문이 제때 도착하지 않았습니다.", "The body did not arrive in time."
    BODY_TOO_LARGE = "4130001", "본문이 너무 큽니다.", "The body is too large."
    TOO_MANY_ROWS = "4130002", "수신자가 너무 많습니다.", "A batch has at most 1,000,000 recipients."
    NOT_JSON = "4150001", "Content-Type은 application/json이어야 합니다.", "The Content-Type must be application/json."

    NOT_AN_UPLOAD = (
        "4150002",
        "Content-Type은 text/csv 또는 application/x-ndjson이어야 합니다.",
        "The Content-Type must be text/csv or application/x-ndjson.",
    )

    FIELD_INVALID = "4220001", "입력값이 올바르지 않습니다.", "A field is not valid."
    FIELD_MISSING = "4220002", "필수 입력값이 없습니다.", "A required field is missing."
    FIELD_UNKNOWN = "4220003", "알 수 없는 입력값입니다.", "A field is not known."
    IDEMPOTENCY_KEY_REUSED = "4220004", "다른 요청에 쓴 Idempotency-Key입니다.", "The Idempotency-Key was used before."
    TEXT_TOO_LONG = "4220101", "입력값이 너무 깁니다.", "A field is too long."
    TEXT_TOO_SHORT = "4220102", "입력값이 너무 짧습니다.", "A field is too short."
    NUL_BYTE = "4220103", "NUL 문자는 쓸 수 없습니다.", "A field holds a NUL character."
    HEADER_INJECTION = "4220104", "줄바꿈은 쓸 수 없습니다.", "A field that becomes a header holds a control character."
    PHONE_INVALID = "4220105", "전화번호가 올바르지 않습니다.", "A phone number is not valid."
    EMAIL_INVALID = "4220106", "이메일 주소가 올바르지 않습니다.", "An e-mail address is not valid."
    UUID_INVALID = "4220107", "ID 형식이 올바르지 않습니다.", "An id is not a UUID."
    NOT_ONE_OF = "4220108", "허용된 값이 아닙니다.", "A field is none of the allowed values."
    MOMENT_INVALID = "4220109", "날짜와 시각이 올바르지 않습니다.", "A moment is not valid."
    NETWORK_INVALID = "4220110", "IP 주소나 CIDR이 아닙니다.", "A network is neither an IP address nor a CIDR."
    TOO_MANY_ENTRIES = "4220111", "항목이 너무 많습니다.", "A list has too many entries."
    BASE64_INVALID = "4220112", "올바른 Base64가 아닙니다.", "A field is not valid base64."
    CHARACTER_INVALID = "4220113", "쓸 수 없는 문자가 있습니다.", "A field holds a character that cannot be sent."
    NOT_CP949 = (
        "4220114",
        "문자 메시지로 보낼 수 없는 글자가 있습니다.",
        "A text holds a character that SMS cannot carry.",
    )
    URL_INVALID = "4220115", "URL이 올바르지 않습니다.", "A URL is not valid."
    FIELDS_CONFLICT = "4220116", "함께 쓸 수 없는 입력값입니다.", "Fields contradict each other."
    IMAGE_INVALID = "4220117", "200KB 이하의 JPEG 이미지여야 합니다.", "An image must be a JPEG of at most 200 KB."
    FILENAME_INVALID = "4220118", "파일 이름이 올바르지 않습니다.", "A file name is not valid."
    ATTACHMENTS_TOO_LARGE = "4220119", "첨부 파일이 너무 큽니다.", "The attachments are too large."

    UPLOAD_UNREADABLE = "4220120", "업로드를 읽을 수 없습니다.", "The upload cannot be read."
    BATCH_REFUSED = (
        "4220121",
        "잘못된 수신자가 있어 아무것도 접수하지 않았습니다.",
        "Recipients are wrong: none was accepted.",
    )
    DUPLICATE_RECIPIENT = (
        "4220122",
        "배치 안에서 중복된 수신자입니다.",
        "Another recipient of the batch has the same key.",
    )
    PASSWORD_COMMON = "4220123", "너무 흔한 비밀번호입니다.", "A password is one of those that are tried first."

    PROVIDER_AWAY = "5020001", "제공자 서버가 응답하지 않습니다.", "The provider does not answer: try again."

    TOO_MANY_REQUESTS = "4290001", "요청이 너무 잦습니다.", "Too many requests: wait and repeat the request."
    DAY_SPENT = "4290002", "오늘 보낼 수 있는 알림을 모두 사용했습니다.", "The day's quota of messages is used up."

    TOO_MANY_TRIES = "4290003", "시도가 너무 많습니다. 잠시 후 다시 시도해 주세요.", "Too many tries: wait."

    UNEXPECTED = "5000001", "서버 오류가 발생했습니다.", "Something went wrong here; it has been recorded."

    TOO_BUSY = (
        "5030001",
        "요청이 많습니다. 잠시 후 다시 시도해 주세요.",
        "Too busy: repeat the request, with the same key.",
    )
    STORE_AWAY = (
        "5030002",
        "저장소에 연결할 수 없습니다.",
        "The database is away: repeat the request, with the same key.",
    )
    BROKER_AWAY = "5030003", "메시지 브로커에 연결할 수 없습니다.", "The broker is away: repeat the request."
    ARCHIVE_AWAY = "5030004", "보관된 로그를 읽을 수 없습니다.", "The archive of logs is away: repeat the request."
