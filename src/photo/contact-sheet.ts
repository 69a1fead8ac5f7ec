/** A contact sheet: one picture of many, each with its number, for the price of one. */
import type { OverlayOptions } from "sharp";
import { InternalError } from "../errors.ts";
import { loadSharp } from "./load-sharp.ts";
import { numberLabel } from "./number-label.ts";
import type { SheetLayout, SheetTile } from "./sheet-layout.ts";
import type { ShownPicture } from "./shown-picture.ts";
import { encodeShownPicture } from "./shown-picture.ts";
import type { RgbImage } from "./types.ts";

export const MAX_SHEET_PICTURES = 30;

/** Neutral, and neither black nor white: edges of dark and of bright photos stay visible. */
const BACKGROUND = "#3a3d42";
const EMPTY_TILE = "#575b62";
const LABEL_HEIGHT = { share: 0.16, least: 24, most: 40 } as const;
const LABEL_INSET = 5;

/** The picture whole, in the middle of its tile. */
const placed = async (image: RgbImage, { left, top, width, height }: SheetTile): Promise<OverlayOptions> => {
  const sharp = await loadSharp();
  const raw = { width: image.width, height: image.height, channels: 3 } as const;
  const { data, info } = await sharp(image.data, { raw, limitInputPixels: false })
    .resize(width, height, { fit: "contain", background: BACKGROUND })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { input: data, raw: { width: info.width, height: info.height, channels: 3 }, left, top };
};

const emptyTile = ({ left, top, width, height }: SheetTile): string =>
  [
    `<rect x="${left}" y="${top}" width="${width}" height="${height}" fill="${EMPTY_TILE}"/>`,
    `<path d="M${left} ${top + height}L${left + width} ${top}" stroke="${BACKGROUND}" stroke-width="3"/>`,
  ].join("");

const labelOf = (number: number, { left, top, height }: SheetTile): string => {
  const wanted = height * LABEL_HEIGHT.share;
  const labelHeight = Math.round(Math.min(LABEL_HEIGHT.most, Math.max(LABEL_HEIGHT.least, wanted)));
  return numberLabel(number, { left: left + LABEL_INSET, top: top + LABEL_INSET, height: labelHeight });
};

/**
 * @param layout of these pictures
 * @param images upright sRGB pixels, in order; undefined = there is none to show
 * @param maxBytes of the file
 */
export const composeSheet = async (
  { width, height, tiles }: SheetLayout,
  images: readonly (RgbImage | undefined)[],
  maxBytes: number,
): Promise<ShownPicture> => {
  if (tiles.length !== images.length || images.length > MAX_SHEET_PICTURES) {
    throw new InternalError(`Expected a tile for each of up to 30 pictures, received ${tiles.length} tiles.`);
  }
  const sharp = await loadSharp();
  const pictures: OverlayOptions[] = [];
  const drawn: string[] = [];
  for (const [place, tile] of tiles.entries()) {
    const image = images[place];
    if (image === undefined) drawn.push(emptyTile(tile));
    else pictures.push(await placed(image, tile));
    drawn.push(labelOf(place + 1, tile));
  }
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${drawn.join("")}</svg>`;
  const { data } = await sharp({ create: { width, height, channels: 3, background: BACKGROUND } })
    .composite([...pictures, { input: Buffer.from(svg), left: 0, top: 0 }])
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return encodeShownPicture({ width, height, data }, { maxEdge: Math.max(width, height), maxBytes });
};
