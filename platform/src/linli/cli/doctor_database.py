"""`linli doctor` on the database: its roles, rights, keys, migrations, walls and clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import uuid4

import psycopg
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from linli.cli.findings import Finding
from linli.cli.opening import (
    all_lineages,
    brings_own_server,
    embedded_server,
    find_addresses,
    owner_engine,
)
from linli.config import Settings
from linli.db.bootstrap import LIMITS
from linli.db.lint import lint
from linli.db.migrate import status
from linli.db.walls import APP_ROLE, BACKUP_ROLE, MIGRATE_ROLE, OWNER_ROLE, SEC_ROLE
from linli.house import open_house, signer_of
from linli.kit.crypto import SealBroken
from linli.kit.scope import Scope
from linli.kit.text import gettext as _
from linli.kit.text import listed

_CLOCK_SECONDS = 60
#: Nobody runs this before it was written: an earlier clock was never set.
_WRITTEN_IN = 2026

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


def examine_database(settings: Settings) -> Iterator[Finding]:
    """Each in its turn, on the configured server or on Linli's own, which is stopped again if it was not running."""
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
