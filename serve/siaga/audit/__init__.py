"""The access log: who viewed, exported, changed or decided what, chained so that no edit goes unseen."""

from siaga.audit.chain import Head, check_log
from siaga.audit.log import AuditLog, AuditQuery
from siaga.audit.views import AuditPage, AuditRow

__all__ = ["AuditLog", "AuditPage", "AuditQuery", "AuditRow", "Head", "check_log"]
