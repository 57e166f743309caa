"""Numbers and addresses of one installation, read from the environment when first asked for.

Each group is a frozen value; `settings(Group)` reads it once per process and names the variable that is
missing or wrong. Secrets are `SecretStr`. Nothing here opens, connects or imports anything of ours beyond the
vocabulary.
"""

from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, Protocol, TypeVar, cast

from pydantic import BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from config.log_vocabulary import LogSink
from config.redis import Sentinels, address
from config.vocabulary import AfterSilence, Env

Words = Annotated[
    tuple[str, ...],
    NoDecode,
    BeforeValidator(
        lambda v: tuple(word.strip() for word in v.split(",") if word.strip()) if isinstance(v, str) else v
    ),
]
"""A comma-separated list."""

Unasked = Literal[AfterSilence.HOLD, AfterSilence.RESEND]
"""What is left to do where the vendor cannot be asked."""


def _unsaid(value: object) -> object:
    """An empty text is how an environment file leaves something out."""
    return value or None


class SettingsError(Exception):
    """A setting is missing or wrong; the text names the variable and the remedy."""


class Group(BaseSettings):
    """What all groups share: the prefix, and that nobody changes them."""

    model_config = SettingsConfigDict(env_prefix="ALRIM_", frozen=True, hide_input_in_errors=True, extra="ignore")


class Installation(Group):
    """Where this installation runs and keeps its state."""

    env: Env = Env.PROD
    var: Path = Path("var")
    database_url: SecretStr = SecretStr("")
    database_read_url: SecretStr = SecretStr("")
    broker_url: SecretStr = SecretStr("")
    redis_url: SecretStr = SecretStr("")
    redis_sentinel_master: str = ""
    serves: Words = ()

    @property
    def is_local(self) -> bool:
        """Whether conveniences that would be holes elsewhere are open."""
        return self.env is Env.LOCAL

    @property
    def has_sandbox(self) -> bool:
        """Whether providers default to the sandbox."""
        return self.env in {Env.LOCAL, Env.TEST}

    def database(self) -> str:
        """The database's URL; SQLite under `var` in `local` and `test`, elsewhere it must be said."""
        return self._url(self.database_url, "ALRIM_DATABASE_URL", f"sqlite:///{self.var.resolve() / 'alrim.db'}")

    def broker(self) -> str:
        """The broker's URL; a Unix socket under `var` in `local` and `test`, elsewhere it must be said."""
        socket = self.var.resolve() / "broker.sock"
        said = self._url(self.broker_url, "ALRIM_BROKER_URL", f"redis+socket://{socket}?virtual_host=0")
        self._redis(said)
        return said

    def redis(self) -> str | Sentinels | None:
        """The Redis that all workers share for their limits: its own, or the broker if that is one; None without."""
        return self._redis(self.redis_url.get_secret_value() or self.broker())

    def _redis(self, said: str) -> str | Sentinels | None:
        try:
            return address(said, self.redis_sentinel_master)
        except ValueError as error:
            raise SettingsError(str(error)) from None

    def _url(self, said: SecretStr, name: str, embedded: str) -> str:
        if said.get_secret_value():
            return said.get_secret_value()
        if self.has_sandbox:
            return embedded
        raise SettingsError(f"{name} is not set: outside ALRIM_ENV=local it has no default")


class Secrets(Group):
    """The installation's own secrets; `make up` makes them once into `var/secrets.env`."""

    jwt_secret: SecretStr = Field(min_length=32)
    seal_keys: SecretStr = Field(min_length=46)
    index_key: SecretStr = Field(min_length=32)
    index_key_previous: Annotated[Annotated[SecretStr, Field(min_length=32)] | None, BeforeValidator(_unsaid)] = None


class Api(Group):
    """The API process and its edges."""

    api_host: str = "127.0.0.1"
    api_port: int = Field(default=8000, ge=0, le=65535)
    trusted_hosts: Words = ("127.0.0.1", "localhost", "[::1]")
    trusted_proxies: Words = ()
    allow_legacy_signing: bool = False
    public_url: str = ""
    cors_origins: Words = ()

    def url(self, path: str) -> str:
        """Where a path of this API is for the world: providers redirect and report there."""
        return (self.public_url.rstrip("/") or f"http://127.0.0.1:{self.api_port}") + path


class Worker(Group):
    """What a worker may decide by itself."""

    after_silence_kakao: Unasked = AfterSilence.HOLD
    after_silence_mail: Unasked = AfterSilence.HOLD
    lease_seconds: int = Field(default=50, ge=5, le=600)
    health_listen: str = ""

    @property
    def lease(self) -> timedelta:
        """How long a claim holds; every other time of a delivery is a part of it, so that their order always holds."""
        return timedelta(seconds=self.lease_seconds)

    @property
    def exchange_seconds(self) -> float:
        """The total time of one exchange with a provider."""
        return self.lease_seconds / 5

    @property
    def start_within(self) -> float:
        """Seconds after the claim in which an exchange may still start, unless it finishes a departure."""
        return self.lease_seconds / 2

    @property
    def hard_limit(self) -> float:
        """Seconds after which a task is killed, well before its lease ends."""
        return self.lease_seconds * 4 / 5


class Logs(Group):
    """Where log records go beside standard output."""

    log_sink: LogSink = LogSink.DATABASE


class Flower(Group):
    """The operators' page."""

    flower_port: int = Field(default=5555, ge=0, le=65535)
    flower_user: str = ""
    flower_password: SecretStr = SecretStr("")


class Solapi(Group):
    """The installation's SOLAPI account."""

    solapi_api_key: SecretStr = SecretStr("")
    solapi_api_secret: SecretStr = SecretStr("")
    solapi_base_url: str = ""
    solapi_receipt_token: SecretStr = SecretStr("")
    solapi_receipt_secret: SecretStr = SecretStr("")


class Kakao(Group):
    """The installation's Kakao app, and a sender of its own."""

    kakao_rest_api_key: SecretStr = SecretStr("")
    kakao_client_secret: SecretStr = SecretStr("")
    kakao_access_token: SecretStr = SecretStr("")
    kakao_api_base_url: str = ""
    kakao_auth_base_url: str = ""


class Gmail(Group):
    """The installation's Gmail account (an app password)."""

    gmail_user: str = ""
    gmail_password: SecretStr = SecretStr("")
    gmail_host: str = ""
    gmail_port: int = 0
    gmail_tls: str = ""


class Google(Group):
    """The installation's Google app, through which people let their Gmail be used."""

    google_client_id: str = ""
    google_client_secret: SecretStr = SecretStr("")
    google_base_url: str = ""


class Aws(Group):
    """The installation's SES sender."""

    aws_access_key_id: SecretStr = SecretStr("")
    aws_secret_access_key: SecretStr = SecretStr("")
    aws_region: str = "ap-northeast-2"
    aws_endpoint_url: str = ""
    ses_from: str = ""


class Sandbox(Group):
    """Where the sandbox is: for the defaults of `local` and `test`, and for test keys."""

    sandbox_url: str = ""
    sandbox_port: int = 8025
    sandbox_smtp_port: int = 1025


G = TypeVar("G", bound=Group)


def _read(group: type[G]) -> G:
    try:
        return group()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = "ALRIM_" + "_".join(str(part) for part in first["loc"][:1]).upper()
        missing = first["type"] == "missing"
        raise SettingsError(f"{name} is not set" if missing else f"{name}: {first['msg']}") from None


class _Cached(Protocol):
    """`functools.cache` forgets the type variable of what it wraps; this says it again."""

    def __call__(self, group: type[G]) -> G: ...

    def cache_clear(self) -> None: ...


settings = cast("_Cached", cache(_read))
"""Read a group from the environment, once per process; raises SettingsError naming what is missing or wrong."""
