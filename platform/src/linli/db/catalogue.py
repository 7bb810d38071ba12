"""Every table of the core in one place, for migrations, the lint and the tests."""

# ruff: noqa: F401  (imported for their side effect: they register their tables)
from linli.access import models as access
from linli.approvals import models as approvals
from linli.apps import models as apps
from linli.assignments import models as assignments
from linli.audit import models as audit
from linli.console import models as console
from linli.db import models as keys
from linli.db.base import Base
from linli.events import models as events
from linli.files import models as files
from linli.identity import models as identity
from linli.notifications import models as notifications
from linli.obligations import models as obligations
from linli.plugins import models as plugins
from linli.privacy import models as privacy
from linli.pushes import models as pushes
from linli.residents import models as residents
from linli.rules import models as rules
from linli.settings import models as settings
from linli.showing import models as showing
from linli.tasks import models as tasks
from linli.tenancy import models as tenancy
from linli.web import models as web

metadata = Base.metadata
