"""Training texts and what is true of them for a batch of pictures."""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from concepts import FALSE, TRUE, UNKNOWN, Concepts, normalise
from words import ATTRIBUTE_WORDS, COLOURS, TEMPLATES

UNKNOWN_WORD = "[UNK]"
PAD = "[PAD]"
END = "[END]"
#: Tokens with the end token; a longer query is cut.
LENGTH = 12

ATTRIBUTES = list(ATTRIBUTE_WORDS)
#: How an attribute stands with a phrase.
JOINED = {"night": ["{phrase} at night", "night {phrase}"], "day": ["{phrase} by day", "daytime {phrase}"]}
TIMES = ["sunset", "sunrise", "dusk", "dawn", "night"]


def plural(phrase: str) -> str:
    if phrase.endswith(("s", "x", "ch", "sh")):
        return phrase + "es"
    return phrase[:-1] + "ies" if phrase.endswith("y") and phrase[-2:-1] not in "aeiou" else phrase + "s"


class Vocabulary:
    """Word-level: a word the model never learnt is the unknown token, so that no sense is made up for it."""

    def __init__(self, concepts: Concepts) -> None:
        words = {
            word
            for text in [
                *concepts.phrases,
                *concepts.canonical,
                *map(plural, concepts.phrases),
                *(word for words in ATTRIBUTE_WORDS.values() for word in words),
                *(template.replace("{}", "") for template in TEMPLATES),
                "at by in the and with on of near",
                *TIMES,
            ]
            for word in normalise(text).split()
        }
        self.tokens = [PAD, UNKNOWN_WORD, END, *sorted(words)]
        self.ids = {token: position for position, token in enumerate(self.tokens)}

    def encode(self, texts: list[str], *, crop: bool = False) -> Tensor:
        """texts x LENGTH, int64; texts are normalised already. `crop` leaves out columns of padding alone."""
        unknown = self.ids[UNKNOWN_WORD]
        rows = [
            [*(self.ids.get(word, unknown) for word in text.split()[: LENGTH - 1]), self.ids[END]] for text in texts
        ]
        length = max(map(len, rows)) if crop else LENGTH
        return torch.tensor([row + [self.ids[PAD]] * (length - len(row)) for row in rows])


@dataclass
class Caption:
    text: str
    #: Position in concepts.phrases, or -1.
    phrase: int = -1
    attribute: int = -1
    second: int = -1
    absurd: bool = False


class CaptionWriter:
    def __init__(self, concepts: Concepts, seed: int) -> None:
        self.concepts = concepts
        self.random = random.Random(seed)
        self.truth = torch.from_numpy(concepts.truth)
        self.position = {phrase: row for row, phrase in enumerate(concepts.phrases)}
        self.true_of = [np.flatnonzero(concepts.truth[:, column] == TRUE) for column in range(len(concepts.classes))]
        #: classes x classes: whether the name of the first is true of the second; a class without a phrase of its name is itself alone.
        self.name_truth = torch.stack(
            [
                self.truth[self.position[name]]
                if name in self.position
                else torch.tensor([TRUE if other == own else FALSE for other in range(len(concepts.classes))], dtype=torch.int8)
                for own, name in enumerate(concepts.canonical)
            ]
        )
        same_set = torch.tensor([[own == other for other, _ in concepts.classes] for own, _ in concepts.classes])
        #: classes x classes: whether the name of the first is no better for a picture of the second than its own name. Within
        #: a set the label is the best of its names, even where another is true besides: a street has buildings.
        self.is_rival = (self.name_truth == FALSE) | same_set
        self.times = [self.position[time] for time in TIMES if time in self.position]

    def class_names(self) -> list[str]:
        """One text for each class: mostly its name, at times a synonym, in some template."""
        return [self._dress(name) for name in self.concepts.canonical]

    def captions(self, labels: list[int], attributes: Tensor, count: int) -> list[Caption]:
        """Half of them true of a picture of the batch, the rest of anything."""
        chosen = self.random.choices(range(len(labels)), k=count)
        return [self._caption(labels[index], attributes[index].tolist()) for index in chosen]

    def truths(self, captions: list[Caption], labels: Tensor, attributes: Tensor) -> Tensor:
        """pictures x captions, FALSE, UNKNOWN or TRUE; the parts of a caption must all be true."""
        always = torch.full((len(labels), 1), TRUE, dtype=torch.int8)
        by_phrase = torch.cat([self.truth[:, labels].T, always], 1)
        by_attribute = torch.cat([attributes.to(torch.int8), always], 1)
        result = by_phrase[:, [caption.phrase for caption in captions]]
        result = torch.minimum(result, by_phrase[:, [caption.second for caption in captions]])
        result = torch.minimum(result, by_attribute[:, [caption.attribute for caption in captions]])
        absurd = torch.tensor([caption.absurd for caption in captions])
        result[:, absurd] = FALSE
        return result

    def _caption(self, label: int, attributes: list[int]) -> Caption:
        kind = self.random.random()
        if kind < 0.08:
            return self._absurd()
        phrase = int(self.random.choice(self.true_of[label]))
        if self.random.random() < 0.35:
            phrase = self.random.randrange(len(self.concepts.phrases))
        attribute = self._attribute(attributes)
        name = self.concepts.phrases[phrase]
        if kind < 0.55:
            return Caption(self._dress(name), phrase)
        if kind < 0.72:
            return Caption(self._dress(self.random.choice(ATTRIBUTE_WORDS[ATTRIBUTES[attribute]])), attribute=attribute)
        if kind < 0.8 and self.times:
            second = self.random.choice(self.times)
            joined = self.random.choice(["{} at {}", "{} at {}", "{1} {0}"])
            return Caption(joined.format(name, self.concepts.phrases[second]), phrase, second=second)
        word = self.random.choice(ATTRIBUTE_WORDS[ATTRIBUTES[attribute]])
        forms = JOINED.get(ATTRIBUTES[attribute])
        text = self.random.choice(forms).format(phrase=name) if forms else self._dress(f"{word} {name}")
        return Caption(normalise(text), phrase, attribute)

    def _attribute(self, attributes: list[int]) -> int:
        true = [position for position, value in enumerate(attributes) if value == TRUE]
        return self.random.choice(true) if true and self.random.random() < 0.6 else self.random.randrange(len(ATTRIBUTES))

    def _absurd(self) -> Caption:
        words = [UNKNOWN_WORD] * self.random.choice([1, 1, 2, 3])
        if self.random.random() < 0.3:
            words.insert(0, self.random.choice(COLOURS))
        template = self.random.choice(TEMPLATES)
        return Caption(template.replace("{}", " ".join(words)), absurd=True)

    def _dress(self, name: str) -> str:
        many = plural(name) if self.random.random() < 0.12 else name
        return normalise(self.random.choice(TEMPLATES).replace("{}", many))


__all__ = ["FALSE", "TRUE", "UNKNOWN", "Caption", "CaptionWriter", "Vocabulary"]
