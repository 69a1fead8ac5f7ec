"""What is true of which label: phrases x classes, three-valued, from WordNet and words.py."""

from __future__ import annotations

import json
import re
import string
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from words import ABSTRACT, LOOSE_WORDS, MORE_WORDS, PAINTED_WORDS, SCENE_WORDS, SYNSET_NAMES, TOUCHING
from wordnet import Nouns, Synset

FALSE, UNKNOWN, TRUE = 0, 1, 2

#: On pictures of these nothing of a landscape or the sky is to be expected.
INDOORS = {"food", "nutrient", "clothing", "device", "furniture", "container", "musical instrument", "home appliance"}

Class = tuple[str, str]


def normalise(text: str) -> str:
    """The text rules of the model's manifest: lower case, no ASCII punctuation, single spaces."""
    return re.sub(r"\s+", " ", text.lower().translate(str.maketrans("", "", string.punctuation))).strip()


@dataclass(frozen=True)
class Concepts:
    classes: list[Class]
    #: Name of each class as searched for in evaluations.
    canonical: list[str]
    phrases: list[str]
    #: phrases x classes, FALSE, UNKNOWN or TRUE.
    truth: np.ndarray


def build(data: Path, dict_folder: Path, classes: list[Class]) -> Concepts:
    nouns = Nouns(dict_folder)
    names = json.loads((data / "objects" / "classes.json").read_text())
    synsets = {kind: _synset_of(kind, names, nouns) for kind in classes}
    words = {kind: _words_of(kind, names, synsets[kind], nouns) for kind in classes}
    canonical = [normalise(names[label][0] if name == "objects" else label.replace("-", " ")) for name, label in classes]
    phrases = list(dict.fromkeys(phrase for kind in classes for phrase in sorted(words[kind])))
    owners: dict[str, set[str]] = {}  # synsets that a phrase names
    for kind in classes:
        synset = synsets[kind]
        for holder in [] if synset is None else [synset, *nouns.ancestors(synset)]:
            for phrase in _own_words(holder):
                owners.setdefault(phrase, set()).add(holder.offset)
    indoors = {kind for kind in classes if _is_indoors(synsets[kind], nouns)}
    truth = np.zeros((len(phrases), len(classes)), np.int8)
    for row, phrase in enumerate(phrases):
        for column, kind in enumerate(classes):
            if phrase in words[kind]:
                truth[row, column] = TRUE
            elif _may_be(phrase, kind, synsets[kind], owners, nouns, kind in indoors):
                truth[row, column] = UNKNOWN
    return Concepts(classes, canonical, phrases, truth)


def _synset_of(kind: Class, names: dict[str, list[str]], nouns: Nouns) -> Synset | None:
    name, label = kind
    wanted = names[label] if name == "objects" else SYNSET_NAMES.get(kind)
    return None if wanted is None else nouns.find(wanted)


def _own_words(synset: Synset) -> list[str]:
    lemmas = [lemma for lemma in synset.lemmas if lemma.lower() not in ABSTRACT]
    more = [word for lemma in synset.lemmas for word in MORE_WORDS.get(lemma, [])]
    return [normalise(word) for word in [*lemmas, *more]]


def _words_of(kind: Class, names: dict[str, list[str]], synset: Synset | None, nouns: Nouns) -> set[str]:
    name, label = kind
    words = {normalise(word) for word in names.get(label, []) if name == "objects"}
    if name == "objects":
        words |= {normalise(more) for word in names[label] for more in MORE_WORDS.get(word, [])}
    else:
        words.add(normalise(label.replace("-", " ")))
    if synset is not None:
        for holder in [synset, *nouns.ancestors(synset)]:
            words |= set(_own_words(holder))
    table = PAINTED_WORDS if name == "painted" else SCENE_WORDS if name in ("scenes", "weather") else {}
    return words | {normalise(word) for word in table.get(label, [])}


def _is_indoors(synset: Synset | None, nouns: Nouns) -> bool:
    if synset is None:
        return False
    heads = {lemma for up in nouns.ancestors(synset) for lemma in up.lemmas}
    return bool(heads & INDOORS) and "vehicle" not in heads


SCENE_PHRASES = {normalise(word) for words in SCENE_WORDS.values() for word in words}


def _may_be(phrase, kind, synset, owners, nouns, indoors) -> bool:  # noqa: PLR0913
    """Whether a phrase that is not known to be true of a class could be."""
    name, label = kind
    if phrase in LOOSE_WORDS:
        return not (indoors and phrase in SCENE_PHRASES)
    if name == "painted":
        return False
    if name == "weather":
        return phrase in SCENE_PHRASES and phrase not in _weather_words()
    if name == "scenes":
        touching = {other for pair in TOUCHING for own, other in (pair, pair[::-1]) if own == label}
        return phrase in _weather_words() or any(phrase in map(normalise, SCENE_WORDS[other]) for other in touching)
    # A narrower name than the label's own: a dog may be a poodle.
    narrower = synset is not None and any(
        synset.offset in {up.offset for up in nouns.ancestors(nouns.synsets[offset])} for offset in owners.get(phrase, ())
    )
    return narrower or (phrase in SCENE_PHRASES and not indoors)


def _weather_words() -> set[str]:
    return {normalise(word) for label in ("cloudy", "rain", "shine", "sunrise") for word in SCENE_WORDS[label]}
