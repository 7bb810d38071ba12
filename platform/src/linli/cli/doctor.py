"""`linli doctor`: what is wrong with an installation, each in a sentence with the way out."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Literal
from uuid import uuid4

import click
import psycopg
from redis import Redis
from redis.exceptions import RedisError, ResponseError
from sqlalchemy import Connection, create_engine, make_url, text
from sqlalchemy.exc import DBAPIError

from linli.cli.failures import Failure, explained
from linli.cli.opening import (
    all_lineages,
    brings_own_server,
    embedded_server,
    find_addresses,
    opened_house,
    owner_engine,
)
from linli.cli.plugin import plugin_rows
from linli.cli.serving import check_port, is_linli
from linli.config import Settings, load_settings, unknown_variables
from linli.config.secret import SettingsError
from linli.db.bootstrap import LIMITS
from linli.db.lint import lint
from linli.db.migrate import status
from linli.db.walls import APP_ROLE, BACKUP_ROLE, MIGRATE_ROLE, OWNER_ROLE, SEC_ROLE
from linli.files.storage import StorageFailed
from linli.house import open_house, open_storages, signer_of
from linli.kit.crypto import SealBroken
from linli.kit.scope import Scope
from linli.kit.text import SOURCE_LOCALE, current_locale, listed
from linli.kit.text import gettext as _
from linli.plugins.registry import Plugins
from linli.plugins.repository import allowed_plugins
from linli.showing.checks import examine as examine_street
from linli.tasks.bells import LATE, waiting_work
from linli.web.assets import Assets

Status = Literal["ok", "warning", "fault"]

_LEAST_FREE = 500 * 1024 * 1024
_CLOCK_SECONDS = 60
#: Nobody runs this before it was written: an earlier clock was never set.
_WRITTEN_IN = 2026


_DRIVER = "postgresql+psycopg"
#: What ``sec.scope()`` says of a scope that was signed with another key, or too long ago.
_BAD_SCOPE, _EXPIRED = "TN002", "TN003"
#: Rights and settings of the database itself, which a dump does not carry.
_RIGHTS = text(
    """
    SELECT has_database_privilege(:app, d.oid, 'CONNECT') AS app_connects,
           has_database_privilege(:migrate, d.oid, 'CONNECT') AS migrate_connects,
           has_database_privilege(:owner, d.oid, 'CREATE') AS owner_creates,
           EXISTS (SELECT FROM aclexplode(coalesce(d.datacl, acldefault('d', d.datdba)))
                    WHERE grantee = 0 AND privilege_type = 'CONNECT') AS anybody_connects,
           coalesce((SELECT s.setconfig FROM pg_db_role_setting s
                      WHERE s.setdatabase = d.oid AND s.setrole = CAST(:app AS regrole)), '{}') AS limits
      FROM pg_database d WHERE d.datname = current_database()
    """
)


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check. ``message`` names what was seen, ``way_out`` what to do about it."""

    check: str
    status: Status
    message: str
    way_out: str = ""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="输出 JSON")
def doctor(*, as_json: bool) -> None:
    """检查安装：设置、目录、数据库、前端、插件、端口、时钟。"""
    findings = list(examine())
    is_sound = not any(each.status == "fault" for each in findings)
    if as_json:
        rows = [asdict(each) for each in findings]
        click.echo(json.dumps({"ok": is_sound, "checks": rows}, ensure_ascii=False))
    else:
        stop = "。" if current_locale() == SOURCE_LOCALE else ". "
        marks = {"ok": "✓", "warning": "!", "fault": "✗"}
        for each in findings:
            click.echo(f"{marks[each.status]} {each.message}{stop}{each.way_out}".rstrip())
    if not is_sound:
        raise SystemExit(1)


def examine() -> Iterator[Finding]:
    """Every check, one after the other; a check that breaks is a finding itself."""
    try:
        settings = load_settings()
    except SettingsError as error:
        for fault in error.faults:
            yield Finding("settings", "fault", str(fault), _("请改正环境变量 {name}。").format(name=fault.variable))
        yield from _unknown_variables()
        return
    yield from _variables()
    checks: dict[str, Callable[[Settings], Iterator[Finding]]] = {
        "data_dir": _data_dir,
        "files": _files,
        "database": _database,
        "redis": _redis,
        "work": _work,
        "front_end": _front_end,
        "plugins": _plugins,
        "streets": _streets,
        "port": _port,
    }
    for name, check in checks.items():
        try:
            yield from check(settings)
        except Exception as error:  # a doctor does not fall ill
            yield Finding(name, "fault", explained(error).rstrip("。. "))


def _variables() -> Iterator[Finding]:
    findings = list(_unknown_variables())
    yield from findings or [Finding("settings", "ok", _("设置有效"))]


def _unknown_variables() -> Iterator[Finding]:
    for name, near in unknown_variables().items():
        hint = _("您是否想写 {near}？").format(near=near) if near else _("请去掉它。")
        yield Finding("settings", "warning", _("不认识环境变量 {name}").format(name=name), hint)


def _data_dir(settings: Settings) -> Iterator[Finding]:
    folder = settings.data_dir
    folder.mkdir(mode=0o711, parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder):
        pass
    free = shutil.disk_usage(folder).free
    size = f"{free / 1024**3:.1f} GiB"
    if free < _LEAST_FREE:
        message = _("数据目录 {folder} 只剩 {size}").format(folder=folder, size=size)
        yield Finding("data_dir", "fault", message, _("请腾出空间，或用 LINLI_DATA_DIR 另选一个目录。"))
    else:
        yield Finding("data_dir", "ok", _("数据目录 {folder} 可写，剩余 {size}").format(folder=folder, size=size))


def _files(settings: Settings) -> Iterator[Finding]:
    storage = open_storages(settings).current
    try:
        storage.examine()
    except StorageFailed as error:
        is_bucket = settings.files_url is not None
        way_out = _("请检查 LINLI_FILES_… 变量。") if is_bucket else _("请检查目录的权限和磁盘空间。")
        yield Finding("files", "fault", str(error), way_out)
        return
    if settings.files_url is None:
        yield Finding("files", "ok", _("附件目录可读写"))
    else:
        yield Finding("files", "ok", _("附件存储 {url} 可读写").format(url=settings.files_url))


def _database(settings: Settings) -> Iterator[Finding]:
    server = embedded_server(settings, on_step=lambda _step: None) if brings_own_server(settings) else None
    if server is not None and not server.cluster.exists():
        yield Finding("database", "fault", _("还没有数据库"), _("请运行 make demo，或 linli db upgrade。"))
        return
    if server is not None:
        server.start()
    try:
        with owner_engine(settings, on_step=lambda _step: None) as engine, engine.connect() as connection:
            version = connection.execute(text("SHOW server_version")).scalar_one()
            yield Finding("database", "ok", _("PostgreSQL {version} 可用").format(version=version.split()[0]))
            yield from _roles(connection)
            yield from _migrations(connection, settings)
            yield from _walls(connection)
            yield from _clock(connection)
            yield from _key(settings)
    finally:
        if server is not None and server.started_here:
            server.stop()


def _roles(connection: Connection) -> Iterator[Finding]:
    wanted = {APP_ROLE, MIGRATE_ROLE, OWNER_ROLE, SEC_ROLE}
    found = set(connection.execute(text("SELECT rolname::text FROM pg_roles")).scalars())
    if missing := sorted(wanted - found):
        message = _("数据库缺少角色 {names}").format(names=listed(missing))
        yield Finding("roles", "fault", message, _("请运行 linli db bootstrap。"))
        return
    if BACKUP_ROLE in found:
        yield Finding("roles", "ok", _("数据库角色齐全"))
    else:
        message = _("数据库缺少备份角色 {name}").format(name=BACKUP_ROLE)
        yield Finding("roles", "warning", message, _("请运行 linli db bootstrap。"))
    yield from _rights(connection)


def _rights(connection: Connection) -> Iterator[Finding]:
    row = connection.execute(_RIGHTS, {"app": APP_ROLE, "owner": OWNER_ROLE, "migrate": MIGRATE_ROLE}).one()
    faults = []
    if not row.app_connects:
        faults.append(_("{role} 没有连接数据库的权限").format(role=APP_ROLE))
    if not row.migrate_connects:
        faults.append(_("{role} 没有连接数据库的权限").format(role=MIGRATE_ROLE))
    if not row.owner_creates:
        faults.append(_("{role} 不能为插件建立模式").format(role=OWNER_ROLE))
    if row.anybody_connects:
        faults.append(_("服务器上的任何角色都能连接这个数据库"))
    limited = {limit.partition("=")[0] for limit in row.limits}
    if missing := sorted(LIMITS.keys() - limited):
        faults.append(_("{role} 没有时限 {names}").format(role=APP_ROLE, names=listed(missing)))
    for fault in faults:
        yield Finding("rights", "fault", fault, _("恢复备份后要再运行一次 linli db bootstrap。"))
    if not faults:
        yield Finding("rights", "ok", _("数据库的权限和时限齐全"))


def _data_keys(settings: Settings) -> Iterator[Finding]:
    house = open_house(settings, find_addresses(settings, lambda _step: None))
    try:
        with house.database.open_transaction() as connection:
            street = connection.execute(text("SELECT id FROM core.tenant ORDER BY id LIMIT 1")).scalar_one_or_none()
        if street is not None:
            with house.database.unit_of_work(Scope.of_street(street)) as session:
                house.vault.version(session)
    except SealBroken:
        message = _("街道数据的密钥打不开：它们由另一把 LINLI_SECRET_KEY 保护")
        way_out = _("请用 LINLI_SECRET_KEY_OLD 写上原来的密钥，再运行 linli keys adopt。")
        yield Finding("key", "fault", message, way_out)
        return
    except DBAPIError:
        # The tables are not there yet: that is a finding of its own.
        pass
    finally:
        house.close()
    if settings.old_secret_key is not None:
        message = _("正在换密钥：LINLI_SECRET_KEY_OLD 还在")
        yield Finding("key", "warning", message, _("请运行 linli keys adopt，再去掉它。"))
    else:
        yield Finding("key", "ok", _("密钥和数据库相符"))


def _key(settings: Settings) -> Iterator[Finding]:
    token = signer_of(settings).token(Scope.of_street(uuid4()))
    try:
        with psycopg.connect(find_addresses(settings, lambda _step: None).app) as connection:
            connection.execute("SELECT set_config('app.scope', %s, true)", [token])
            connection.execute("SELECT sec.tenant_id()")
    except (psycopg.errors.InvalidSchemaName, psycopg.errors.UndefinedFunction, psycopg.errors.InsufficientPrivilege):
        yield Finding("key", "fault", _("数据库还没有准备好"), _("请运行 linli db bootstrap。"))
    except psycopg.DatabaseError as error:
        if error.sqlstate == _BAD_SCOPE:
            message = _("密钥和数据库不符：数据库是用另一把 LINLI_SECRET_KEY 准备的")
            yield Finding("key", "fault", message, _("请设置原来的 LINLI_SECRET_KEY。"))
        elif error.sqlstate != _EXPIRED:
            raise
        # Otherwise the signature was right; the clock is a finding of its own.
    else:
        yield from _data_keys(settings)


def _migrations(connection: Connection, settings: Settings) -> Iterator[Finding]:
    behind = [each.name for each in status(connection, all_lineages(settings)) if not each.is_current]
    if behind:
        message = _("数据库还没有升级：{names}").format(names=listed(behind))
        yield Finding("migrations", "fault", message, _("请运行 linli db upgrade。"))
    else:
        yield Finding("migrations", "ok", _("数据库已是最新"))


def _walls(connection: Connection) -> Iterator[Finding]:
    findings = lint(connection)
    for each in findings:
        message = _("隔离规则 {rule}：{subject}").format(rule=each.rule, subject=each.subject)
        yield Finding("lint", "warning" if each.is_warning else "fault", message, _("详情请运行 linli db lint。"))
    if not findings:
        yield Finding("lint", "ok", _("隔离墙完好"))


def _clock(connection: Connection) -> Iterator[Finding]:
    here = datetime.now(UTC)
    there: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    apart = abs((there - here).total_seconds())
    if here.year < _WRITTEN_IN:
        message = _("系统时间是 {year} 年").format(year=here.year)
        yield Finding("clock", "fault", message, _("请校准系统时钟。"))
    elif apart > _CLOCK_SECONDS:
        message = _("数据库的时钟和本机相差 {n} 秒").format(n=round(apart))
        yield Finding("clock", "fault", message, _("请在两台机器上打开时间同步（NTP）。"))
    else:
        yield Finding("clock", "ok", _("时钟正常"))


def _front_end(_settings: Settings) -> Iterator[Finding]:
    if Assets().is_built:
        yield Finding("front_end", "ok", _("前端文件已生成"))
    else:
        message = _("前端文件还没有生成，网页可用但没有样式")
        yield Finding("front_end", "warning", message, _("请运行 make setup。"))


def _plugins(settings: Settings) -> Iterator[Finding]:
    for row in plugin_rows(settings.plugins_off):
        name = f"{row['name']} {row['version']}"
        if row["status"] == "fault":
            message = _("插件 {name} 有故障：{fault}").format(name=name, fault=row["fault"])
            way_out = _("请升级或卸载它，或用 LINLI_PLUGINS_OFF={name} 关闭。").format(name=row["name"])
            yield Finding("plugins", "fault", message, way_out)
        else:
            state = _("已关闭") if row["status"] == "off" else _("正常")
            yield Finding("plugins", "ok", _("插件 {name} {state}").format(name=name, state=state))


def _streets(settings: Settings) -> Iterator[Finding]:
    """What core and plugins say of themselves, street by street; what is well is told in one line for each."""
    if brings_own_server(settings) and not embedded_server(settings, on_step=lambda _step: None).cluster.exists():
        return
    plugins = Plugins.load(off=settings.plugins_off, on_failure="quarantine").activate()
    with opened_house(on_step=lambda _step: None) as house:
        with house.database.open_transaction() as connection:
            active = text("SELECT id, name FROM core.tenant WHERE status = 'active' ORDER BY code")
            streets = connection.execute(active).all()
        for street_id, name in streets:
            with house.database.unit_of_work(Scope.of_street(street_id), read_only=True) as session:
                checked = examine_street(session, plugins, allowed_plugins(session))
            wrong = [each for each in checked if each.health.status != "ok"]
            for each in wrong:
                what = f"{name} · {_(each.title)}：{each.health.message}"
                yield Finding(each.name, each.health.status, what, each.health.way_out)
            if not wrong:
                message = _("{street}的 {n} 项检查都正常").format(street=name, n=len(checked))
                yield Finding("streets", "ok", message)


def _redis(settings: Settings) -> Iterator[Finding]:
    if settings.redis_url is None:
        return
    with Redis.from_url(settings.redis_url, socket_timeout=3.0, socket_connect_timeout=3.0) as redis:
        try:
            redis.ping()
            policy = str(redis.config_get("maxmemory-policy").get("maxmemory-policy", ""))  # type: ignore[union-attr]
        except ResponseError:
            # A managed Redis keeps its settings to itself.
            policy = ""
        except (RedisError, OSError) as error:
            message = _("连接不上 Redis（{error}）").format(error=type(error).__name__)
            yield Finding("redis", "fault", message, _("请检查 LINLI_REDIS_URL 和 Redis；任务不会丢，恢复后继续。"))
            return
    if policy not in ("", "noeviction"):
        message = _("Redis 内存满时会丢掉数据（maxmemory-policy 是 {policy}）").format(policy=policy)
        yield Finding("redis", "warning", message, _("请改为 noeviction。"))
    else:
        yield Finding("redis", "ok", _("Redis 正常"))


def _work(settings: Settings) -> Iterator[Finding]:
    """Whether somebody looks after the work that waits."""
    engine = create_engine(make_url(find_addresses(settings, lambda _step: None).app).set(drivername=_DRIVER))
    try:
        with engine.connect() as connection:
            late = [each for each in waiting_work(connection) if each.seconds > LATE]
    except DBAPIError:
        # Behind the programs: told by another check.
        return
    finally:
        engine.dispose()
    for each in late:
        message = _("{queue} 队列里的任务等了 {n} 分钟没有人处理").format(queue=each.queue, n=round(each.seconds / 60))
        way_out = _("请启动 linli worker，或查看它的日志。") if settings.redis_url else _("请启动 linli serve。")
        yield Finding("work", "warning", message, way_out)
    if not late:
        yield Finding("work", "ok", _("没有等着的后台任务"))


def _port(settings: Settings) -> Iterator[Finding]:
    try:
        check_port(settings.host, settings.port)
    except Failure as error:
        if is_linli(settings.port):
            yield Finding("port", "ok", _("Linli 正在端口 {port} 上运行").format(port=settings.port))
        else:
            yield Finding("port", "fault", *_two_sentences(error.message))
    else:
        yield Finding("port", "ok", _("端口 {port} 空闲").format(port=settings.port))


def _two_sentences(message: str) -> tuple[str, str]:
    # What is wrong, and the way out, in whichever language the terminal speaks.
    what, _dot, way_out = message.replace("。", ". ", 1).partition(". ")
    return what, way_out
