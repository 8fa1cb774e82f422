"""`python -m rlbook` is `rlbook`."""

import sys

from rlbook.cli import main

sys.exit(main())
