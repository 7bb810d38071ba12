"""The kinds of messages: the core's own, and those of the plugins that are on."""

from __future__ import annotations

from collections.abc import Callable

from linli.kit.placeholders import names_in
from linli.plugins.contributions import NotificationType
from linli.plugins.messages import PLACE_NAMES, declared_notifications

ROLE_GRANTED = NotificationType(
    name="core.role_granted",
    title="被授予角色",
    subject="您已成为{place}的{role}",
    body="您已被授予{place}的{role}，自{starts_on}起生效。登录后可以看到相应的功能。",
    channels=("email",),
)
ROLE_ENDED = NotificationType(
    name="core.role_ended",
    title="角色被终止",
    subject="您不再是{place}的{role}",
    body="您在{place}的{role}已被终止。如有疑问，请联系授予角色的街道或社区。",
    channels=("email",),
)
PASSWORD_CHANGED = NotificationType(
    name="core.password_changed",
    title="密码已修改",
    subject="您的密码已修改",
    body="您的账号密码于{at}修改。如果不是您本人操作，请立即用手机验证码重设密码，并联系街道办事处。",
    is_urgent=True,
    channels=("email", "sms"),
)
PHONE_CHANGED = NotificationType(
    name="core.phone_changed",
    title="登录手机号已更换",
    subject="您的登录手机号已更换",
    body="您的账号于{at}换了登录手机号，新号码为{phone}。如果不是您本人操作，请立即联系街道办事处。",
    is_urgent=True,
    channels=("email", "sms"),
)
JOB_PARKED = NotificationType(
    name="core.job_parked",
    title="后台任务出错",
    subject="后台任务“{task}”未能完成",
    body="后台任务“{task}”多次尝试后仍未完成，已经停下。请查看原因后重新运行，或联系系统管理员。",
    channels=("email",),
    needs="core.settings.manage",
)
PLUGIN_SUSPENDED = NotificationType(
    name="core.plugin_suspended",
    title="插件因故障暂停使用",
    subject="“{plugin}”因故障暂停使用",
    body="“{plugin}”多次出错或太慢，系统已在本街道暂停使用出错的部分，其他功能不受影响，过一会儿自动再试。"
    "请在控制台的“功能插件”里查看运行情况；反复出现时，请联系系统管理员。",
    channels=("email",),
    needs="core.plugin.allow",
)
WEBHOOK_OFF = NotificationType(
    name="core.webhook_off",
    title="外部应用收不到推送",
    subject="外部应用“{app}”收不到推送，已停止",
    body="外部应用“{app}”连续多天收不到推送，系统已停止推送，没有送到的保留着。"
    "请联系应用的提供方；修好以后，在控制台的“外部应用”里恢复推送。",
    channels=("email",),
    needs="core.app.manage",
)
AUDIT_BROKEN = NotificationType(
    name="core.audit_broken",
    title="操作记录核对不符",
    subject="操作记录核对不符：第 {n} 条",
    body="核对操作记录时发现，第 {n} 条和校验值或存证不符。请不要改动数据库，"
    "保留现有的备份和存证文件，立即告诉运维人员和街道负责人。",
    is_urgent=True,
    channels=("email",),
    needs="core.audit.verify",
)
APPROVAL_ASKED = NotificationType(
    name="core.approval_asked",
    title="有申请等我审批",
    subject="{asker}的申请等您审批：{act}",
    body="{asker}申请“{act}”，需要另一人审批才能生效。请在{until}前批准或驳回，过期作废。",
    channels=("email",),
    needs="core.approval.read",
)
APPROVAL_DECIDED = NotificationType(
    name="core.approval_decided",
    title="我的申请有了结果",
    subject="您的申请“{act}”：{result}",
    body="您提出的申请“{act}”有了结果：{result}。点开可以看由谁审批和说明。",
    channels=("email",),
    needs="core.approval.read",
)

CORE_KINDS = (
    ROLE_GRANTED,
    ROLE_ENDED,
    PASSWORD_CHANGED,
    PHONE_CHANGED,
    JOB_PARKED,
    PLUGIN_SUSPENDED,
    WEBHOOK_OFF,
    AUDIT_BROKEN,
    APPROVAL_ASKED,
    APPROVAL_DECIDED,
)


def owner_of(kind: str) -> str:
    """``core`` or the plugin to which a kind belongs."""
    return kind.partition(".")[0]


def all_kinds() -> tuple[NotificationType, ...]:
    """Every kind that this process knows, the core's first."""
    return declared_notifications()


def kinds_on(is_on: Callable[[str], bool]) -> list[NotificationType]:
    """The kinds whose owner is on, as ``is_on`` answers for its name."""
    answers = {owner: is_on(owner) for owner in dict.fromkeys(owner_of(kind.name) for kind in all_kinds())}
    return [kind for kind in all_kinds() if answers[owner_of(kind.name)]]


def find_kind(name: str) -> NotificationType | None:
    """The kind of this name; ``None`` when its plugin is not in this process."""
    return next((kind for kind in all_kinds() if kind.name == name), None)


def names_of(kind: NotificationType) -> frozenset[str]:
    """The names that texts of this kind may mention."""
    return names_in(kind.subject) | names_in(kind.body) | PLACE_NAMES


def asked_of_context(kind: NotificationType) -> frozenset[str]:
    """The names that the context of such a message must fill in."""
    return names_of(kind) - PLACE_NAMES
