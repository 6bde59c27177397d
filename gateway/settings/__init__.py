"""YAML to typed settings; a mistake is reported as `file:line:column: path: sentence (did you mean …?)`.

The only way in is `load`. All other modules take plain values: no other module of the mail path knows this package.
"""

from gateway.settings.chain.entries import ActionSpec, Exemption, FilterEntry
from gateway.settings.hops import NextHopSettings
from gateway.settings.listener import Listener
from gateway.settings.loading import data_dir_of, load, look_over, timezone_of
from gateway.settings.models import Settings
from gateway.settings.yaml.problems import ConfigurationError, Problem

__all__ = [
    "ActionSpec",
    "ConfigurationError",
    "Exemption",
    "FilterEntry",
    "Listener",
    "NextHopSettings",
    "Problem",
    "Settings",
    "data_dir_of",
    "load",
    "look_over",
    "timezone_of",
]
