"""Tiles as photos would show them: framed, squashed, turned, lit, coloured and blurred; and what colour they are then."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from captions import ATTRIBUTES
from concepts import FALSE, TRUE, UNKNOWN
from words import COLOURS


def to_float(tiles: Tensor, edge: int) -> Tensor:
    """n x s x s x 3 uint8 to n x 3 x edge x edge in 0..1, antialiased."""
    pixels = tiles.permute(0, 3, 1, 2).float() / 255
    if pixels.shape[-1] == edge:
        return pixels
    return F.interpolate(pixels, (edge, edge), mode="bilinear", antialias=True, align_corners=False)


def frame(pixels: Tensor, edge: int, generator: torch.Generator, backgrounds: Tensor | None) -> Tensor:
    """
    A random window of each picture at edge x edge. With `backgrounds` (as many pictures as there may be, edge x edge) some
    windows are larger than the picture and show a background around it.
    """
    n = len(pixels)
    uniform = lambda low, high: torch.rand(n, generator=generator) * (high - low) + low  # noqa: E731
    area = uniform(0.45, 1.0)
    outside = torch.zeros(n, dtype=torch.bool)
    if backgrounds is not None:
        outside[torch.randperm(n, generator=generator)[: len(backgrounds)]] = True
    area = torch.where(outside, uniform(1.2, 3.0), area)
    aspect = torch.exp(uniform(math.log(0.66), math.log(1.5)))
    width, height = (area * aspect).sqrt(), (area / aspect).sqrt()
    inside = ~outside
    width, height = torch.where(inside, width.clamp(max=1), width), torch.where(inside, height.clamp(max=1), height)
    x = uniform(-1, 1) * (1 - width).abs()
    y = uniform(-1, 1) * (1 - height).abs()
    flip = torch.where(torch.rand(n, generator=generator) < 0.5, -1.0, 1.0)
    angle = torch.where(torch.rand(n, generator=generator) < 0.3, uniform(-0.2, 0.2), torch.zeros(n))
    cos, sin = angle.cos(), angle.sin()
    theta = torch.stack(
        [torch.stack([flip * width * cos, -height * sin, x], 1), torch.stack([flip * width * sin, height * cos, y], 1)], 1
    )
    grid = F.affine_grid(theta, [n, 3, edge, edge], align_corners=False)
    framed = F.grid_sample(pixels, grid, padding_mode="reflection", align_corners=False)
    if backgrounds is not None:
        covered = (grid[outside].abs() <= 1).all(-1).unsqueeze(1)
        framed[outside] = torch.where(covered, framed[outside], backgrounds)
    return framed


def light_and_colour(pixels: Tensor, generator: torch.Generator) -> Tensor:
    """In place: brightness, contrast, saturation, hue by channel gains, some in grey, some dark, some blurred, some noisy."""
    n, _, edge, _ = pixels.shape
    shape = (n, 1, 1, 1)
    uniform = lambda low, high, size=shape: torch.rand(size, generator=generator) * (high - low) + low  # noqa: E731
    happens = lambda chance: (torch.rand(n, generator=generator) < chance).view(shape)  # noqa: E731
    blurred = happens(0.2).flatten()
    if blurred.any():
        small = F.interpolate(pixels[blurred], scale_factor=0.5, mode="area")
        pixels[blurred] = F.interpolate(small, (edge, edge), mode="bilinear", align_corners=False)
    grey = (pixels * torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)).sum(1, keepdim=True)
    saturation = torch.where(happens(0.04), torch.zeros(shape), uniform(0.6, 1.4))
    pixels = grey + (pixels - grey) * saturation
    pixels = pixels * torch.where(happens(0.15), uniform(0.85, 1.15, (n, 3, 1, 1)), torch.ones(n, 3, 1, 1))
    mean = pixels.mean((1, 2, 3), keepdim=True)
    pixels = (pixels - mean) * uniform(0.7, 1.3) + mean
    brightness = torch.where(happens(0.08), uniform(0.15, 0.5), uniform(0.7, 1.3))
    pixels = pixels * brightness
    noise = torch.where(happens(0.15), uniform(0.01, 0.06), torch.zeros(shape))
    return (pixels + noise * torch.randn(pixels.shape, generator=generator)).clamp_(0, 1)


def attributes_of(pixels: Tensor, is_scene: Tensor) -> Tensor:
    """pictures x ATTRIBUTES, FALSE, UNKNOWN or TRUE, from 16 x 16 means; the middle counts twice for colours."""
    small = F.adaptive_avg_pool2d(pixels, 16)
    shares = _colour_shares(small)
    high, low = small.amax(1), small.amin(1)
    luma = (small * torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)).sum(1).mean((1, 2))
    chroma = (high - low).mean((1, 2))
    result = torch.full((len(pixels), len(ATTRIBUTES)), UNKNOWN, dtype=torch.int8)

    def put(name: str, true: Tensor, false: Tensor) -> None:
        column = result[:, ATTRIBUTES.index(name)]
        column[false] = FALSE
        column[true] = TRUE

    for position, colour in enumerate(COLOURS):
        share = shares[:, position]
        limit = 0.5 if colour in ("white", "grey", "black") else 0.28
        put(colour, share > limit, share < limit / 4)
    put("dark", luma < 0.22, luma > 0.35)
    put("bright", luma > 0.65, luma < 0.45)
    put("monochrome", chroma < 0.015, chroma > 0.06)
    put("colourful", chroma > 0.35, chroma < 0.12)
    put("night", is_scene & (luma < 0.18), luma > 0.4)
    put("day", is_scene & (luma > 0.45), luma < 0.18)
    return result


def _colour_shares(pixels: Tensor) -> Tensor:
    """Weighted share of each colour of COLOURS, by hue, saturation and value."""
    red, green, blue = pixels.unbind(1)
    value, low = pixels.amax(1), pixels.amin(1)
    span = (value - low).clamp(min=1e-6)
    hue = torch.where(
        value == red, (green - blue) / span % 6, torch.where(value == green, (blue - red) / span + 2, (red - green) / span + 4)
    ) * 60  # fmt: skip
    saturation = span / value.clamp(min=1e-6)
    black = value < 0.18
    plain = ~black & (saturation < 0.18)
    white, grey = plain & (value > 0.78), plain & (value <= 0.78)
    strong = ~black & ~plain
    warm = strong & (hue >= 12) & (hue < 45)
    brown = warm & (value < 0.62)
    is_red = strong & ((hue < 12) | (hue >= 345))
    pink = (is_red & (saturation < 0.45) & (value > 0.6)) | (strong & (hue >= 300) & (hue < 345))
    masks = {
        "red": is_red & ~pink,
        "orange": warm & ~brown & (saturation > 0.45),
        "yellow": strong & (hue >= 45) & (hue < 70),
        "green": strong & (hue >= 70) & (hue < 170),
        "blue": strong & (hue >= 170) & (hue < 260),
        "purple": strong & (hue >= 260) & (hue < 300),
        "pink": pink,
        "brown": brown | (warm & (saturation <= 0.45) & (value < 0.75)),
        "white": white,
        "grey": grey,
        "black": black,
    }
    line = torch.linspace(-1, 1, 16)
    weight = 1 + ((line.view(-1, 1).abs() < 0.6) & (line.view(1, -1).abs() < 0.6)).float()
    weight = weight / weight.sum()
    return torch.stack([(masks[colour].float() * weight).sum((1, 2)) for colour in COLOURS], 1)
