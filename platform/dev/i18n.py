"""`make i18n`: collects the messages of core and plugins into their catalogues, and says which lack a translation."""

from __future__ import annotations

import sys

from distributions import ROOT
from linli.kit.messages import LOCALES, Domain


def domains() -> list[Domain]:
    """The core's and every plugin's."""
    core = Domain("linli", ROOT / "platform" / "src" / "linli", ROOT)
    plugins = sorted((ROOT / "plugins").glob("*/src/linli_*"))
    return [core, *(Domain(folder.name, folder, ROOT) for folder in plugins if folder.is_dir())]


def complaints() -> str:
    """What `make check` has against the catalogues; empty when they are complete."""
    found: list[str] = []
    core_known: set[str] = set()
    for domain in domains():
        found += domain.faults()
        for locale in LOCALES:
            missing = domain.untranslated(locale, core_known)
            found += [f"{domain.name} ({locale}): no translation of {text!r}" for text in missing[:20]]
            if len(missing) > 20:
                found.append(f"{domain.name} ({locale}): and {len(missing) - 20} more; run `make i18n`")
            if domain.name == "linli":
                core_known = {str(each.id) for each in domain.collect(locale) if each.id}
    return "".join(f"{line}\n" for line in found)


def main() -> int:
    """Write the catalogues and report."""
    for domain in domains():
        for locale in LOCALES:
            catalogue = domain.collect(locale)
            domain.write(locale, catalogue)
            missing = sum(1 for each in catalogue if each.id and not each.string)
            print(f"{domain.name} {locale}: {len(catalogue)} messages, {missing} without translation")
    print(complaints(), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
