"""`python -m models`."""

import os
import sys

# Products this small gain nothing from a second BLAS thread, and lose much when another process keeps a core busy:
# OpenBLAS's threads wait for each other by spinning. It has to be said before NumPy is loaded.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from models.cli import main

sys.exit(main())
