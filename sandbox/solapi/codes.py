"""SOLAPI's message status codes and their meaning, as far as the sandbox can produce them.

Source: solapi/documents, message-status-codes.md; wording is ours, the vendor's is free text. A number
0109999CCCC asks for the code CCCC: refused at registration (1xxx), or its final status (2xxx, 3xxx).
"""

import re
from typing import Final

REGISTERED: Final = "2000"
SENDING: Final = "3000"
DELIVERED: Final = "4000"
BLOCKED_NUMBER: Final = "1060"
BAD_RECIPIENT: Final = "3010"

MEANING: Final = {
    "1010": "필수 항목 누락",
    "1011": "형식 오류",
    "1013": "SMS에는 제목을 쓸 수 없음",
    "1014": "제목이 40바이트를 넘음",
    "1024": "서버 오류",
    "1025": "잘못된 메시지 타입",
    "1026": "중복 수신번호",
    "1027": "UTF-8이 아닌 문자",
    "1028": "출력할 수 없는 문자",
    "1029": "EUC-KR에 없는 문자",
    "1030": "잔액 부족",
    "1031": "본문이 너무 김",
    "1032": "잘못된 customFields",
    "1033": "카카오 타입이 아닌 메시지의 kakaoOptions",
    "1034": "이미지를 찾을 수 없음",
    "1041": "잘못된 pfId",
    "1042": "잘못된 templateId",
    "1043": "템플릿과 다른 본문",
    "1044": "버튼 이름 누락",
    "1045": "잘못된 버튼 타입",
    "1046": "템플릿과 다른 버튼 개수",
    "1047": "템플릿과 다른 버튼",
    "1048": "버튼이 5개를 넘음",
    "1049": "버튼 이름이 14자를 넘음",
    "1050": "버튼 링크가 100자를 넘음",
    "1052": "버튼 링크 누락",
    "1053": "친구톡에 쓸 수 없는 버튼 타입",
    "1058": "전송 경로 없음",
    "1060": "차단된 번호",
    "1061": "080 수신거부",
    "1062": "등록되지 않은 발신번호",
    "1064": "KISA 신고로 차단된 번호",
    "2000": "정상 접수",
    "2024": "서버 오류",
    "2060": "차단된 번호",
    "2061": "080 수신거부",
    "2062": "등록되지 않은 발신번호",
    "2063": "차단된 계정",
    "2230": "잔액 부족",
    "2254": "스팸 필터",
    "3000": "이통사로 접수",
    "3010": "잘못된 수신번호",
    "3012": "중계사 서버 오류",
    "3013": "발신번호 형식 위반",
    "3014": "알 수 없는 상태",
    "3024": "서버 오류",
    "3031": "전송 불가",
    "3032": "가입자 아님",
    "3040": "전송 시간 초과",
    "3041": "통화 중",
    "3042": "음영 지역",
    "3043": "전원 꺼짐",
    "3044": "수신함 가득 참",
    "3045": "일시 정지",
    "3046": "기타 단말 문제",
    "3047": "수신 거부",
    "3048": "알 수 없는 코드",
    "3050": "SMS를 받지 못하는 단말",
    "3051": "연결 불가",
    "3052": "이통사가 삭제",
    "3053": "이통사 대기열 가득 참",
    "3054": "스팸",
    "3055": "스팸 등록 번호",
    "3056": "무선망 오류",
    "3057": "무선망 오류",
    "3058": "전송 경로 없음",
    "3059": "변작된 발신번호",
    "3060": "성인 인증 실패",
    "3101": "잘못된 발신 프로필",
    "3102": "채널 친구가 아님",
    "3103": "템플릿과 다른 본문",
    "3104": "카카오톡 사용자가 아님",
    "3105": "등록되지 않은 템플릿",
    "3106": "잘못된 채널",
    "3107": "알림톡 차단 또는 미사용",
    "3108": "발송 제한 시간",
    "4000": "수신 완료",
}

_WISH: Final = re.compile(r"\A0109999(\d{4})\Z")
_NUMBER: Final = re.compile(r"\A0\d{8,11}\Z")


def wished(to: str) -> str | None:
    """Read the code that a recipient's number asks for."""
    wish = _WISH.match(to)
    code = wish.group(1) if wish else None
    return code if code in MEANING and code not in {REGISTERED, SENDING, DELIVERED} else None


def final(to: str) -> str:
    """Foretell the final status of a registered message to this number."""
    if not _NUMBER.match(to):
        return BAD_RECIPIENT
    return wished(to) or DELIVERED
