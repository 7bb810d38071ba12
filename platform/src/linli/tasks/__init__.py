"""Background work: rows in the database are the truth, whatever rings the bell."""

from linli.plugins.schedules import Schedule
from linli.tasks.registry import Task, Tasks, task
from linli.tasks.run import JobRun, JobStopped, JobUnreadable
from linli.tasks.service import JobState, cancel, enqueue, job_state, list_jobs, replay

__all__ = [
    "JobRun",
    "JobState",
    "JobStopped",
    "JobUnreadable",
    "Schedule",
    "Task",
    "Tasks",
    "cancel",
    "enqueue",
    "job_state",
    "list_jobs",
    "replay",
    "task",
]
