"""For every test: hypothesis tries the same examples each time; SIAGA_EXPLORE=1 lets it look for new ones."""

import os

from hypothesis import settings

settings.register_profile("repeatable", derandomize=True)
if "SIAGA_EXPLORE" not in os.environ:
    settings.load_profile("repeatable")
