"""The command line, a thin layer over the functions that the gateway runs.

What is imported here is for the commands of filters; the gateway imports the modules themselves.
"""

from gateway.cli.control_client import operate
from gateway.cli.department_table import MONTH_HELP, show_departments
from gateway.cli.options import UNUSABLE, ConfigOption, JsonOption, fail
from gateway.cli.output import entries, json_lines, moment, table

__all__ = [
    "MONTH_HELP",
    "UNUSABLE",
    "ConfigOption",
    "JsonOption",
    "entries",
    "fail",
    "json_lines",
    "moment",
    "operate",
    "show_departments",
    "table",
]
