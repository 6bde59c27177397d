"""Working time and public holidays, where a person works. What is imported here is for filters."""

from gateway.calendar.working_time import WEEKDAYS, Span, WorkingTime, after_working_days, is_holiday

__all__ = ["WEEKDAYS", "Span", "WorkingTime", "after_working_days", "is_holiday"]
