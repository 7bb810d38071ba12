"""`linli doctor`: what is wrong with an installation, each in a sentence with the way out."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict

import click
from redis import Redis
from redis.exceptions import RedisError, ResponseError
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import DBAPIError

from linli.cli.doctor_database import examine_database
from linli.cli.failures import Failure, explained
from linli.cli.findings import Finding
from linli.cli.opening import (
    brings_own_server,
    embedded_server,
    find_addresses,
    house_if_there,
    opened_house,
)
from linli.cli.plugin import plugin_rows
from linli.cli.serving import check_port, is_linli
from linli.config import Settings, load_settings, unknown_variables
from linli.config.secret import SettingsError
from linli.files.storage import StorageFailed
from linli.house import open_storages
from linli.kit.scope import Scope
from linli.kit.text import SOURCE_LOCALE, current_locale
from linli.kit.text import gettext as _
from linli.plugins.registry import Plugins
from linli.plugins.repository import allowed_plugins
from linli.showing.checks import examine as examine_street
from linli.tasks.bells import LATE, waiting_work
from linli.web.assets import Assets

_LEAST_FREE = 500 * 1024 * 1024
_DRIVER = "postgresql+psycopg"


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
        "database": examine_database,
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


def _front_end(_settings: Settings) -> Iterator[Finding]:
    if Assets().is_built:
        yield Finding("front_end", "ok", _("前端文件已生成"))
    else:
        message = _("前端文件还没有生成，网页可用但没有样式")
        yield Finding("front_end", "warning", message, _("请运行 make setup。"))


def _plugins(settings: Settings) -> Iterator[Finding]:
    with house_if_there(settings) as house:
        rows = plugin_rows(settings, house)
    for row in rows:
        name = f"{row['name']} {row['version']}"
        if row["status"] == "gone":
            message = _("插件 {name} 的安装包已不在，数据还保留着").format(name=name)
            way_out = _("请重新安装它，或运行 linli plugin remove {name}。").format(name=row["name"])
            yield Finding("plugins", "warning", message, way_out)
        elif row["status"] == "fault":
            message = _("插件 {name} 有故障：{fault}").format(name=name, fault=row["fault"])
            way_out = _("请升级或卸载它，或用 LINLI_PLUGINS_OFF={name} 关闭。").format(name=row["name"])
            yield Finding("plugins", "fault", message, way_out)
        elif row["warning"]:
            message = _("插件 {name}：{warning}").format(name=name, warning=row["warning"])
            yield Finding("plugins", "warning", message, _("请安装它的新版本，或请作者更新。"))
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
