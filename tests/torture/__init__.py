"""Real processes and real faults. `make torture` runs many rounds, `make test` a few (TORTURE_ROUNDS says how many)."""
