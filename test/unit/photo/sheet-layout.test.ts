import { expect, test } from "vitest";
import type { SheetTile } from "../../../src/photo/sheet-layout.ts";
import { layoutSheet } from "../../../src/photo/sheet-layout.ts";
import { randomFrom } from "../../support/photos.ts";

const LANDSCAPE = 3 / 2;
const PORTRAIT = 2 / 3;

const mixed = (count: number): readonly number[] => {
  const random = randomFrom(count);
  return Array.from({ length: count }, () => 0.3 + 3 * random());
};

const overlap = (one: SheetTile, other: SheetTile): boolean =>
  one.left < other.left + other.width &&
  other.left < one.left + one.width &&
  one.top < other.top + other.height &&
  other.top < one.top + one.height;

test.each(Array.from({ length: 30 }, (_, place) => place + 1))(
  "%i pictures lie apart, on the sheet, in order",
  (count) => {
    const { width, height, tiles } = layoutSheet(mixed(count));

    expect(tiles).toHaveLength(count);
    expect(width).toBeLessThanOrEqual(1200);
    expect(height).toBeLessThanOrEqual(1000);
    for (const [place, tile] of tiles.entries()) {
      expect(Math.min(tile.left, tile.top)).toBeGreaterThan(0);
      expect(tile.left + tile.width).toBeLessThan(width);
      expect(tile.top + tile.height).toBeLessThan(height);
      const before = tiles[place - 1];
      if (before !== undefined) expect(tile.top > before.top || tile.left > before.left).toBe(true);
      expect(tiles.slice(0, place).some((other) => overlap(tile, other))).toBe(false);
    }
  },
);

test.each([
  ["landscapes", Array.from({ length: 30 }, () => LANDSCAPE), 170],
  ["portraits", Array.from({ length: 30 }, () => PORTRAIT), 170],
  ["half and half", Array.from({ length: 30 }, (_, place) => (place % 2 === 0 ? LANDSCAPE : PORTRAIT)), 150],
])("thirty %s use the sheet: long edges of %i pixels and more", (_name, aspects, least) => {
  const { tiles } = layoutSheet(aspects);

  expect(Math.min(...tiles.map(({ width, height }) => Math.max(width, height)))).toBeGreaterThanOrEqual(least);
  expect(tiles.map(({ width, height }) => width / height)).toEqual(aspects.map((aspect) => expect.closeTo(aspect, 1)));
});

test("a few pictures are not blown up, and a panorama does not squeeze its neighbours", () => {
  const [alone] = layoutSheet([LANDSCAPE]).tiles;
  const beside = layoutSheet([12, LANDSCAPE, LANDSCAPE]).tiles;

  expect(alone?.height).toBe(420);
  expect(Math.min(...beside.map(({ height }) => height))).toBeGreaterThan(200);
});
