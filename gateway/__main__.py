"""`python -m gateway` is the command line.

All that is loaded stays to the end: the collector, which would walk it again and again meanwhile, is off.
"""

import gc

gc.disable()

from gateway.cli.main import main  # noqa: E402  # with the collector off

gc.enable()
main()
