/**
 * Where pictures lie on a contact sheet: rows that are filled from edge to edge, in reading order, every picture whole.
 * The number of rows is the one that shows the pictures largest.
 */

/** A sheet costs a vision model about as much as one large picture: 1.2 megapixels. */
const MAX_WIDTH = 1200;
const MAX_HEIGHT = 1000;
const GAP = 8;
/** Of a row; a few pictures need not be larger. */
const MAX_ROW_HEIGHT = 420;
/** Pictures that are longer than this, or narrower, are shown whole within such a tile. */
const WIDEST = 2.2;
const NARROWEST = 0.55;

export interface SheetTile {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export interface SheetLayout {
  readonly width: number;
  readonly height: number;
  /** In the order of the pictures. */
  readonly tiles: readonly SheetTile[];
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

/** Cuts the aspects into rows of sums as equal as can be. */
const intoRows = (aspects: readonly number[], rows: number): readonly (readonly number[])[] => {
  const sums = [0];
  for (const aspect of aspects) sums.push((sums.at(-1) ?? 0) + aspect);
  const between = (from: number, to: number): number => (sums[to] ?? 0) - (sums[from] ?? 0);
  /** Cost and last cut of the best way to put the first `end` aspects into so many rows. */
  let best = sums.map((_sum, end) => ({ cost: end === 0 ? 0 : Infinity, cuts: [] as readonly number[] }));
  for (let row = 0; row < rows; row += 1) {
    best = sums.map((_sum, end) => {
      let found = { cost: Infinity, cuts: [] as readonly number[] };
      for (let start = 0; start < end; start += 1) {
        const before = best[start];
        const cost = (before?.cost ?? Infinity) + between(start, end) ** 2;
        if (before !== undefined && cost < found.cost) found = { cost, cuts: [...before.cuts, start] };
      }
      return found;
    });
  }
  const cuts = best.at(-1)?.cuts ?? [];
  return cuts.map((start, place) => aspects.slice(start, cuts[place + 1] ?? aspects.length));
};

/** Heights of the rows on a sheet of full width. */
const heightsOf = (rows: readonly (readonly number[])[]): readonly number[] =>
  rows.map((row) => Math.min(MAX_ROW_HEIGHT, (MAX_WIDTH - (row.length + 1) * GAP) / sumOf(row)));

interface Rows {
  readonly rows: readonly (readonly number[])[];
  readonly heights: readonly number[];
}

const areaOf = ({ rows, heights }: Rows): number =>
  sumOf(rows.map((row, place) => sumOf(row) * (heights[place] ?? 0) ** 2));

/** The same, made smaller where the sheet would be too high. */
const fitted = ({ rows, heights }: Rows): Rows => {
  const gaps = (rows.length + 1) * GAP;
  const factor = Math.min(1, (MAX_HEIGHT - gaps) / sumOf(heights));
  return { rows, heights: heights.map((height) => Math.floor(height * factor)) };
};

const bestRows = (aspects: readonly number[]): Rows => {
  const candidates = aspects.map((_aspect, place) => {
    const rows = intoRows(aspects, place + 1);
    return fitted({ rows, heights: heightsOf(rows) });
  });
  return candidates.reduce((best, one) => (areaOf(one) > areaOf(best) ? one : best));
};

/** @param aspects width divided by height, of 1 picture or more */
export const layoutSheet = (aspects: readonly number[]): SheetLayout => {
  const { rows, heights } = bestRows(aspects.map((aspect) => Math.min(WIDEST, Math.max(NARROWEST, aspect))));
  const widths = rows.map((row, place) => row.map((aspect) => Math.round(aspect * (heights[place] ?? 0))));
  const rowWidth = (row: readonly number[]): number => sumOf(row) + (row.length - 1) * GAP;
  const width = Math.max(...widths.map(rowWidth)) + 2 * GAP;
  let top = GAP;
  const tiles = widths.flatMap((row, place) => {
    const height = heights[place] ?? 0;
    let left = Math.round((width - rowWidth(row)) / 2);
    const placed = row.map((tileWidth) => {
      const tile = { left, top, width: tileWidth, height };
      left += tileWidth + GAP;
      return tile;
    });
    top += height + GAP;
    return placed;
  });
  return { width, height: top, tiles };
};
