"""Imported last before processes are forked: what is there need not be looked through for garbage, page after page, in each."""

import gc

gc.collect()
gc.freeze()
