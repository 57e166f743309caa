"""Kakao's error codes and what each means for a message: data, no behaviour.

Source: https://developers.kakao.com/docs/latest/en/rest-api/error-code and
https://developers.kakao.com/docs/latest/en/kakaotalk-message/trouble-shooting. The HTTP status is no guide
there: maintenance, quotas and internal errors all come as 400.
"""

from collections.abc import Mapping
from typing import Final

from workers.outcome import Rejected, Retry, Unknown

Verdict = Retry | Rejected | Unknown

RETRY: Final = Retry("")
CLOSES: Final = Retry("", closes=True)
REFUSED: Final = Retry("", closes=True, reauth=True)
REJECTED: Final = Rejected("")
UNKNOWN: Final = Unknown("")

VERDICTS: Final[Mapping[int, Verdict]] = {
    -1: UNKNOWN,  # internal error: Kakao advises to repeat, which is safe for reads only
    -2: REJECTED,  # bad parameter, receiver or template
    -3: CLOSES,  # a feature or scope that the console has not enabled
    -4: REJECTED,  # the person's account is restricted
    -5: CLOSES,  # the app lacks a permission, such as messages to friends
    -6: REJECTED,  # action not allowed
    -7: RETRY,  # maintenance
    -8: REJECTED,  # bad header
    -9: REJECTED,  # the API has ended
    -10: CLOSES,  # the app's quota of calls
    -11: CLOSES,  # the cap on paid calls
    -12: CLOSES,  # app or developer suspended
    -101: REFUSED,  # the person is not linked to the app (any more)
    -103: REJECTED,  # account dormant or gone
    -301: CLOSES,  # app unknown
    -401: REFUSED,  # token expired or invalid
    -402: REFUSED,  # scope without consent
    -405: REJECTED,  # age verification
    -406: REJECTED,  # age verification
    -501: REJECTED,  # no KakaoTalk user
    -502: REJECTED,  # not a friend
    -504: REJECTED,  # unsupported device
    -530: REJECTED,  # the receiver refuses messages
    -531: CLOSES,  # the sender's quota of the month
    -532: CLOSES,  # the sender's quota of the day
    -533: RETRY,  # the receiver's quota of the day
    -536: RETRY,  # the pair's quota of the day
    -603: UNKNOWN,  # internal time-out
    -903: CLOSES,  # developer unknown
    -9798: RETRY,  # maintenance
}

UNTIL_TOMORROW: Final = frozenset({-10, -531, -532, -533, -536})
"""Quotas: they fill again at midnight in Korea. Those of a month are simply asked about once a day."""
