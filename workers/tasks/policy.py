"""What this installation does with a message that may or may not have left, channel by channel."""

from typing import assert_never

from config.settings import Worker, settings
from config.vocabulary import AfterSilence, Channel


def policy(channel: Channel) -> AfterSilence:
    """Ask the vendor where it can be asked; elsewhere hold it for a person, or send again, as the operator chose."""
    worker = settings(Worker)
    match channel:
        case Channel.SOLAPI:
            return AfterSilence.ASK
        case Channel.KAKAO:
            return worker.after_silence_kakao
        case Channel.GMAIL | Channel.SES:
            return worker.after_silence_mail
        case _:
            assert_never(channel)
