"""`python -m voucherify_wrapper.cli`: the same as the command `voucherify`."""

import sys

from voucherify_wrapper.cli import main

sys.exit(main())
