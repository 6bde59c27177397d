"""What holds for every test."""

from __future__ import annotations

import os

from hypothesis import settings

# In CI the examples are the same each time: a change is judged by what it changed. By hand they are new ones.
settings.register_profile("ci", derandomize=True)
settings.register_profile("thorough", max_examples=5000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "default"))
