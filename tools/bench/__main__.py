"""Run benches, print their figures, and end with 1 where a promise is not kept."""

import sys
from collections.abc import Sequence
from importlib import import_module

from tools.bench import registry


def main(names: Sequence[str]) -> int:
    """Run the benches `names`, all of them where none is named."""
    for module in registry.MODULES:
        import_module(module)
    unknown = [name for name in names if name not in registry.BENCHES]
    if unknown:
        sys.stderr.write(f"There is no bench {', '.join(unknown)}. There are: {', '.join(registry.BENCHES)}.\n")
        return 2
    for name in names or registry.BENCHES:
        sys.stdout.write(f"{name}: {registry.BENCHES[name].__doc__}\n")
        registry.BENCHES[name]()
    if registry.broken:
        sys.stdout.write("Not kept:\n" + "".join(f"  {line}\n" for line in registry.broken))
    return 1 if registry.broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
