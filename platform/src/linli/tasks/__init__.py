"""Background work: rows in the database are the truth, whatever rings the bell."""

from linli.tasks.registry import Task, Tasks, task
from linli.tasks.run import JobRun, JobStopped
from linli.tasks.service import JobState, cancel, enqueue, job_state, list_jobs, replay

__all__ = [
    "JobRun",
    "JobState",
    "JobStopped",
    "Task",
    "Tasks",
    "cancel",
    "enqueue",
    "job_state",
    "list_jobs",
    "replay",
    "task",
]
