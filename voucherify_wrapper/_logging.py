"""The package's logger: one line per attempt at DEBUG, one per repetition at INFO, silent by default."""

import logging

DEBUG = logging.DEBUG
logger = logging.getLogger("voucherify_wrapper")
logger.addHandler(logging.NullHandler())
