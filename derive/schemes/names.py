"""The names of the optimisers, apart so that lists and refusals do not wait for SymPy; a test holds them to `optimizers`."""

NAMES = (
    *("gd", "heavy-ball", "nesterov", "sgd", "rmsprop", "adagrad", "adam", "adamw", "adam-at-step", "adamw-at-step"),
    *("nadam", "nadam-at-step", "schedule-free", "gd-averaged"),
)
WITHOUT_AN_EDGE = ("sign-sgd", "signum", "lion", "rprop", "muon")
