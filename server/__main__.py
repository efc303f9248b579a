"""`python -m server`."""

import gc

gc.disable()  # until the work begins: nothing that is imported is garbage, and there is much of it

from server.cli import main  # noqa: E402 after that

main()
