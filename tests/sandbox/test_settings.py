import pytest

from sandbox.settings import RefusedError, Settings, read

TEST = {"ALRIM_ENV": "test"}


@pytest.mark.parametrize("env", ["local", "test"])
def test_defaults_hold_where_nothing_is_set(env: str) -> None:
    assert read({"ALRIM_ENV": env}) == Settings()


@pytest.mark.parametrize("environ", [{}, {"ALRIM_ENV": ""}, {"ALRIM_ENV": "dev"}, {"ALRIM_ENV": "prod"}])
def test_other_environments_are_refused(environ: dict[str, str]) -> None:
    with pytest.raises(RefusedError, match="ALRIM_ENV"):
        read(environ)


def test_every_setting_is_read() -> None:
    environ = TEST | {
        "ALRIM_SANDBOX_PORT": "0",
        "ALRIM_SANDBOX_SMTP_PORT": "2",
        "ALRIM_SANDBOX_WEBHOOK_URL": "http://127.0.0.1:3/",
        "ALRIM_SANDBOX_WEBHOOK_SECRET": "s",
        "ALRIM_SANDBOX_REPORT_DELAY": "0",
        "ALRIM_SANDBOX_HANG": "0.5",
        "ALRIM_SANDBOX_SEED": "0",
        "ALRIM_SANDBOX_BALANCE": "7",
        "ALRIM_SANDBOX_DAILY_QUOTA": "8",
    }
    assert read(environ) == Settings(0, 2, "http://127.0.0.1:3/", "s", 0.0, 0.5, 0, 7, 8)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALRIM_SANDBOX_PORT", "x"),
        ("ALRIM_SANDBOX_PORT", "-1"),
        ("ALRIM_SANDBOX_SEED", "1.5"),
        ("ALRIM_SANDBOX_HANG", "nan"),
        ("ALRIM_SANDBOX_HANG", "inf"),
        ("ALRIM_SANDBOX_REPORT_DELAY", "-1"),
        ("ALRIM_SANDBOX_REPORT_DELAY", "soon"),
    ],
)
def test_a_bad_value_names_its_setting(name: str, value: str) -> None:
    with pytest.raises(RefusedError, match=name):
        read(TEST | {name: value})


def test_the_secret_and_the_url_stay_out_of_texts() -> None:
    shown = repr(Settings(webhook_url="http://token", webhook_secret="hidden"))
    assert "token" not in shown
    assert "hidden" not in shown
