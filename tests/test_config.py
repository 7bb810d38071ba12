"""The environment is read whole, told of whole, and never repeated where it could be a secret."""

import base64
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from linli.config import VARIABLES, SettingsError, load_settings, unknown_variables

KEY = base64.b64encode(bytes(range(32))).decode()
PRODUCTION = {
    "LINLI_ENV": "production",
    "LINLI_DATABASE_URL": "postgresql://linli_app:s3cret@db.example.cn/linli",
    "LINLI_BASE_URL": "https://linli.example.cn",
    "LINLI_SECRET_KEY": KEY,
}


@pytest.fixture
def development(tmp_path: Path) -> dict[str, str]:
    return {"LINLI_DATA_DIR": str(tmp_path / "数据 data")}


def faults(environ: dict[str, str]) -> dict[str, str]:
    with pytest.raises(SettingsError) as caught:
        load_settings(environ)
    return {fault.variable: str(fault) for fault in caught.value.faults}


class TestDefaults:
    def test_development_needs_nothing(self, development: dict[str, str]) -> None:
        settings = load_settings(development)
        assert settings.environment == "development"
        assert settings.uses_embedded_server
        assert (settings.host, settings.port, settings.base_url) == (
            "127.0.0.1",
            8000,
            "http://localhost:8000",
        )
        assert not settings.https
        assert settings.channels.sms == "console"
        assert settings.plugin_failure == "refuse"

    def test_the_port_is_part_of_the_default_address(self, development: dict[str, str]) -> None:
        assert load_settings(development | {"LINLI_PORT": "9100"}).base_url == "http://localhost:9100"

    def test_production_is_strict(self) -> None:
        settings = load_settings(PRODUCTION)
        assert settings.https
        assert settings.log_json
        assert settings.channels.sms == "null"
        assert settings.plugin_failure == "quarantine"
        assert not settings.uses_embedded_server
        assert not settings.outward.to_loopback

    def test_webhooks_may_go_to_this_machine_where_apps_are_tried(self, development: dict[str, str]) -> None:
        for environment in ("development", "demo"):
            assert load_settings(development | {"LINLI_ENV": environment}).outward.to_loopback

    def test_the_data_folder_of_a_checkout_lies_beside_the_sources(self) -> None:
        settings = load_settings({"LINLI_SECRET_KEY": KEY})
        assert settings.data_dir == Path(__file__).resolve().parents[1] / ".linli"

    def test_a_blank_variable_counts_as_unset(self, development: dict[str, str]) -> None:
        assert load_settings(development | {"LINLI_PORT": " ", "LINLI_REDIS_URL": ""}).port == 8000


class TestFaults:
    @pytest.mark.parametrize(
        ("variable", "value", "allowed"),
        [
            ("LINLI_ENV", "prod", "development, production, demo"),
            ("LINLI_PORT", "0", "1-65535"),
            ("LINLI_PORT", "65536", "1-65535"),
            ("LINLI_PORT", "８０", "1-65535"),
            ("LINLI_WORKERS", "many", "1-128"),
            ("LINLI_TRUSTED_PROXIES", "-1", "0-10"),
            ("LINLI_HTTPS", "maybe", "on, off"),
            ("LINLI_DATABASE_URL", "mysql://a:b@c/d", "postgresql://"),
            ("LINLI_DATABASE_URL", "postgresql://a:b@c", "postgresql://"),
            ("LINLI_DATABASE_OWNER_URL", "postgresql://a:b@c:port/d", "postgresql://"),
            ("LINLI_REDIS_URL", "http://localhost", "redis://"),
            ("LINLI_REDIS_URL", "redis://", "redis://"),
            ("LINLI_BASE_URL", "linli.example.cn", "https://"),
            ("LINLI_BASE_URL", "https://linli.example.cn/path", "https://"),
            ("LINLI_BASE_URL", "http://[", "https://"),
            ("LINLI_SECRET_KEY", "not base64!", "base64"),
            ("LINLI_SECRET_KEY", base64.b64encode(bytes(range(31))).decode(), "32"),
            ("LINLI_SECRET_KEY", base64.b64encode(bytes(32)).decode(), "base64"),
            ("LINLI_CODE_CHANNEL", "Fancy SMS", "console"),
            ("LINLI_CODE_CHANNEL", "sms", "console, null"),
            ("LINLI_PLUGIN_FAILURE", "ignore", "refuse, quarantine"),
            ("LINLI_PLUGINS_OFF", "notices,../x", "notices,elections"),
            ("LINLI_LOG_LEVEL", "loud", "debug, info, warning, error"),
            ("LINLI_HOST", "127.0.0.1\nX: y", "一行"),
        ],
    )
    def test_names_the_variable_and_what_is_allowed(
        self, development: dict[str, str], variable: str, value: str, allowed: str
    ) -> None:
        found = faults(development | {variable: value})
        assert list(found) == [variable]
        assert allowed in found[variable]

    def test_all_faults_are_told_at_once(self, development: dict[str, str]) -> None:
        found = faults(development | {"LINLI_PORT": "x", "LINLI_ENV": "y", "LINLI_LOG_LEVEL": "z"})
        assert set(found) == {"LINLI_PORT", "LINLI_ENV", "LINLI_LOG_LEVEL"}

    def test_a_faulty_environment_writes_nothing(self, development: dict[str, str]) -> None:
        faults(development | {"LINLI_PORT": "x"})
        assert not Path(development["LINLI_DATA_DIR"]).exists()

    @pytest.mark.parametrize("variable", ["LINLI_DATABASE_URL", "LINLI_BASE_URL", "LINLI_SECRET_KEY"])
    def test_production_requires(self, variable: str) -> None:
        environ = {name: value for name, value in PRODUCTION.items() if name != variable}
        assert set(faults(environ)) == {variable}

    def test_production_never_prints_codes(self) -> None:
        assert set(faults(PRODUCTION | {"LINLI_CODE_CHANNEL": "console"})) == {"LINLI_CODE_CHANNEL"}

    def test_https_and_address_must_agree(self) -> None:
        plain = {"LINLI_BASE_URL": "http://linli.example.cn"}
        assert set(faults(PRODUCTION | plain)) == {"LINLI_BASE_URL"}
        assert not load_settings(PRODUCTION | plain | {"LINLI_HTTPS": "off"}).https

    def test_a_file_is_no_data_folder(self, tmp_path: Path) -> None:
        file = tmp_path / "file"
        file.touch()
        assert set(faults({"LINLI_DATA_DIR": str(file)})) == {"LINLI_DATA_DIR"}


class TestSecrets:
    def test_never_in_repr(self, development: dict[str, str]) -> None:
        environ = development | {
            "LINLI_DATABASE_URL": "postgresql://app:hunter2@db/linli",
            "LINLI_DATABASE_OWNER_URL": "postgresql://own:hunter2@db/linli",
            "LINLI_DATABASE_SUPERUSER_URL": "postgresql://su:hunter2@db/linli",
            "LINLI_REDIS_URL": "redis://:hunter2@cache/0",
        }
        settings = load_settings(environ)
        assert "hunter2" not in repr(settings)
        assert repr(settings.secret_key) not in repr(settings)

    def test_never_in_a_fault(self, development: dict[str, str]) -> None:
        bad = {"LINLI_DATABASE_URL": "mysql://a:hunter2@h/d", "LINLI_REDIS_URL": "http://:hunter2@h"}
        assert "hunter2" not in "".join(faults(development | bad).values())

    def test_a_key_is_made_once_and_private(self, development: dict[str, str]) -> None:
        first, second = load_settings(development), load_settings(development)
        assert first.secret_key == second.secret_key
        assert len(first.secret_key) == 32
        path = first.data_dir / "secret.key"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert [each.name for each in first.data_dir.iterdir()] == ["secret.key"]

    def test_processes_that_start_together_agree(self, development: dict[str, str]) -> None:
        with ThreadPoolExecutor(8) as pool:
            keys = list(pool.map(lambda _: load_settings(development).secret_key, range(16)))
        assert len(set(keys)) == 1

    def test_a_spoilt_key_file_is_named(self, development: dict[str, str]) -> None:
        path = load_settings(development).data_dir / "secret.key"
        path.write_text("垃圾")
        assert str(path) in faults(development)["LINLI_SECRET_KEY"]
        path.write_text("c2hvcnQ=\n")
        assert str(path) in faults(development)["LINLI_SECRET_KEY"]

    def test_a_folder_that_cannot_be_made_is_blamed_on_the_folder(self, tmp_path: Path) -> None:
        file = tmp_path / "file"
        file.touch()
        found = faults({"LINLI_DATA_DIR": str(file / "below")})
        assert list(found) == ["LINLI_DATA_DIR"]
        assert str(file) in found["LINLI_DATA_DIR"]

    def test_a_key_given_is_used_and_nothing_written(self, development: dict[str, str]) -> None:
        settings = load_settings(development | {"LINLI_SECRET_KEY": KEY})
        assert settings.secret_key == bytes(range(32))
        assert not settings.data_dir.exists()

    def test_url_safe_base64_is_taken_too(self, development: dict[str, str]) -> None:
        key = bytes(range(220, 256))
        value = base64.urlsafe_b64encode(key).decode().rstrip("=")
        assert load_settings(development | {"LINLI_SECRET_KEY": value}).secret_key == key


class TestDatabaseUrl:
    @pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
    def test_spellings_become_one(self, development: dict[str, str], scheme: str) -> None:
        settings = load_settings(development | {"LINLI_DATABASE_URL": f"{scheme}://a:b@c:5432/d"})
        assert settings.database_url == "postgresql://a:b@c:5432/d"

    def test_a_socket_folder_needs_no_host(self, development: dict[str, str]) -> None:
        url = "postgresql://a:b@/d?host=%2Frun%2Fpostgresql"
        assert load_settings(development | {"LINLI_DATABASE_URL": url}).database_url == url


class TestUnknownVariables:
    def test_a_slip_of_the_pen_is_recognised(self) -> None:
        environ = {"LINLI_DATABSE_URL": "x", "LINLI_PORT": "1", "PATH": "", "LINLI_TEST_PG": "15"}
        assert unknown_variables(environ) == {"LINLI_DATABSE_URL": "LINLI_DATABASE_URL"}

    def test_every_listed_variable_is_read(self, development: dict[str, str]) -> None:
        asked: set[str] = set()

        class Environ(dict[str, str]):
            def get(self, name: str, default: str = "") -> str:  # type: ignore[override]
                asked.add(name)
                return super().get(name, default)

        load_settings(Environ(development))
        assert asked == set(VARIABLES)
