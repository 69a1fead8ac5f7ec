"""The two towers of photon-mini. Both end in a vector of DIMENSION that is not normalised."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

DIMENSION = 256
#: Square input of the image tower, pixels.
#: Larger than the 64 of the last phase: random framing shows things larger in training than photos do (Touvron et al. 2019,
#: "Fixing the train-test resolution discrepancy").
EDGE = 80
MEAN, STD = (0.48, 0.45, 0.40), (0.27, 0.27, 0.28)

WIDTHS = (32, 80, 160, 320)
BLOCKS = (1, 2, 2, 1)


def _convolution(inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(outputs)
    )


class Block(nn.Module):
    """Basic residual block (He et al. 2016); shrinking shortcuts average first (He et al. 2019, ResNet-D)."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.first = _convolution(inputs, outputs, stride=stride)
        self.second = _convolution(outputs, outputs)
        self.shortcut = nn.Identity()
        if inputs != outputs or stride != 1:
            pool = nn.AvgPool2d(stride) if stride > 1 else nn.Identity()
            self.shortcut = nn.Sequential(pool, _convolution(inputs, outputs, kernel=1))

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.second(F.relu(self.first(x), inplace=True)) + self.shortcut(x), inplace=True)


class ImageTower(nn.Module):
    """n x 3 x edge x edge, normalised, to n x DIMENSION. 2.6 million parameters, 0.22 GMAC at 80 pixels."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = [_convolution(3, WIDTHS[0], stride=2), nn.ReLU(inplace=True)]
        inputs = WIDTHS[0]
        for stage, (width, count) in enumerate(zip(WIDTHS, BLOCKS, strict=True)):
            for block in range(count):
                layers.append(Block(inputs, width, 2 if block == 0 and stage > 0 else 1))
                inputs = width
        self.body = nn.Sequential(*layers)
        self.head = nn.Linear(inputs, DIMENSION)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.body(x).mean((2, 3)))


class TextTower(nn.Module):
    """Token ids n x length to n x DIMENSION: word vectors, two transformer layers, their mean over the words."""

    def __init__(self, words: int, length: int, width: int = 128, pad: int = 0) -> None:
        super().__init__()
        self.pad = pad
        self.words = nn.Embedding(words, width)
        self.places = nn.Parameter(torch.randn(length, width) * 0.02)
        self.layers = nn.ModuleList([Layer(width) for _ in range(2)])
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(2 * width, DIMENSION)
        nn.init.normal_(self.words.weight, std=0.3)

    def forward(self, ids: Tensor) -> Tensor:
        present = (ids != self.pad).float().unsqueeze(-1)
        words = self.words(ids)
        x = words + self.places[: ids.shape[1]]
        hidden = (1 - present).squeeze(-1)[:, None, None, :] * -1e4
        for layer in self.layers:
            x = layer(x, hidden)
        share = present / present.sum(1, keepdim=True)
        return self.head(torch.cat([(self.norm(x) * share).sum(1), (words * share).sum(1)], -1))


class Layer(nn.Module):
    """Transformer layer with the norm first (Xiong et al. 2020)."""

    def __init__(self, width: int, heads: int = 4) -> None:
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.wide, self.narrow = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)

    def forward(self, x: Tensor, hidden: Tensor) -> Tensor:
        n, length, width = x.shape
        split = self.qkv(self.norm1(x)).view(n, length, 3, self.heads, width // self.heads)
        query, key, value = split.permute(2, 0, 3, 1, 4)
        weights = (query @ key.transpose(-2, -1) / (width // self.heads) ** 0.5 + hidden).softmax(-1)
        x = x + self.out((weights @ value).transpose(1, 2).reshape(n, length, width))
        return x + self.narrow(F.gelu(self.wide(self.norm2(x))))


class PhotonMini(nn.Module):
    def __init__(self, words: int, length: int) -> None:
        super().__init__()
        self.image = ImageTower()
        self.text = TextTower(words, length)
        #: Natural logarithm of the factor, and the bias, of the sigmoid (SigLIP, Zhai et al. 2023).
        self.scale = nn.Parameter(torch.tensor(10.0).log())
        self.bias = nn.Parameter(torch.tensor(-5.0))
        #: Of the softmax over class names.
        self.class_scale = nn.Parameter(torch.tensor(14.0).log())


def normalise_pixels(pixels: Tensor) -> Tensor:
    """0..1 to the image tower's input."""
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (MEAN, STD))
    return ((pixels - mean) / std).contiguous(memory_format=torch.channels_last)
