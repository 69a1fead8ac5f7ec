/** Flags that `search` and `similar` share, and the request they make. */
import { statSync } from "node:fs";
import { resolve } from "node:path";
import { z } from "zod";
import { parseNear } from "../../search/filters.ts";
import type { QueryReader } from "../../search/parse-query.ts";
import { DEFAULT_LIMIT, MAX_LIMIT } from "../../search/search-photos.ts";
import type { SearchFilters, SearchRequest } from "../../search/types.ts";
import { SEARCH_SORTS } from "../../search/types.ts";
import { flag, jsonFlag } from "../command.ts";

const texts = z.array(z.string()).default([]);

export const filterFlags = {
  from: flag(
    "--from <date>",
    z.string().optional(),
    "Taken at this local date or later: 2024, 2024-06, 2024-06-15T14.",
  ),
  to: flag(
    "--to <date>",
    z.string().optional(),
    "Taken until the end of this local date: 2024-09 takes all of September.",
  ),
  folder: flag(
    "--folder <folder>",
    texts,
    "In this folder or below: a path, or its last names. Repeat for any of several.",
  ),
  camera: flag("--camera <words>", texts, "Part of the camera's make or model. Repeat for any of several."),
  tag: flag("--tag <tag>", texts, "With this tag. Repeat for all of several."),
  notTag: flag("--not-tag <tag>", texts, "Without this tag. Repeatable."),
  near: flag("--near <lat,lon,km>", z.string().optional(), "Taken within so many kilometres of a place."),
  gps: flag("--[no-]gps", z.boolean().optional(), "Only photos with (without) a position."),
  enriched: flag("--[no-]enriched", z.boolean().optional(), "Only photos with (without) a stored description."),
  favourite: flag("--[no-]favourite", z.boolean().optional(), "Only favourites (no favourites)."),
  minRating: flag("--min-rating <stars>", z.number().min(0).max(5).optional(), "Rated this or better."),
  fileType: flag("--file-type <type>", texts, "Format: jpeg, png, heic, raw, ... Repeat for any of several."),
};

export const pageFlags = {
  limit: flag(
    "-n, --limit <count>",
    z.int().min(1).max(MAX_LIMIT).default(DEFAULT_LIMIT),
    `Photos on a page; ${DEFAULT_LIMIT} unless set.`,
  ),
  page: flag("--page <number>", z.int().min(1).optional(), "Which page, from 1."),
  cursor: flag("--cursor <text>", z.string().optional(), "Go on where the page that printed this ended."),
  json: jsonFlag,
};

export const rankingFlags = {
  minScore: flag("--min-score <score>", z.number().min(0).max(1).optional(), "Leave out hits below this score."),
  weak: flag("--weak", z.boolean().default(false), "List photos too that match no better than chance."),
  explain: flag("--explain", z.boolean().default(false), "Say what each hit's place comes from."),
  images: flag("--[no-]images", z.boolean().default(true), "Show (no) thumbnails in terminals that can."),
};

export const sortFlag = flag(
  "--sort <order>",
  z.enum(SEARCH_SORTS).optional(),
  "relevance, newest, oldest (by capture time) or added (last come first); newest without a query.",
);

type Values<Flags extends Readonly<Record<string, z.ZodType>>> = z.output<z.ZodObject<Flags>>;

/** `.`, `./x` and `../x` are meant from here; other names are looked up in the library. */
export const folderFrom = (folder: string, workingDirectory: string): string =>
  /^\.{1,2}(?:[/\\]|$)/.test(folder) ? resolve(workingDirectory, folder) : folder;

const filtersOf = (options: Values<typeof filterFlags>, workingDirectory: string): SearchFilters => ({
  from: options.from,
  to: options.to,
  folders: options.folder.map((folder) => folderFrom(folder, workingDirectory)),
  cameras: options.camera,
  tags: options.tag,
  withoutTags: options.notTag,
  near: options.near === undefined ? undefined : parseNear(options.near),
  hasGps: options.gps,
  enriched: options.enriched,
  favourite: options.favourite,
  minRating: options.minRating,
  formats: options.fileType,
});

export type RequestFlags = Values<typeof filterFlags> &
  Values<typeof pageFlags> &
  Values<Omit<typeof rankingFlags, "images">>;

export const requestOf = (options: RequestFlags, workingDirectory: string): SearchRequest => ({
  filters: filtersOf(options, workingDirectory),
  limit: options.limit,
  page: options.page,
  cursor: options.cursor,
  minScore: options.minScore,
  includeWeak: options.weak,
  explain: options.explain,
});

const isRegularFile = (path: string): boolean => {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  } catch {
    return false; // words that cannot be a path (too long, NUL) are words
  }
};

export const createQueryReader = (workingDirectory: string): QueryReader => ({
  fileAt: (path) => {
    const absolute = resolve(workingDirectory, path);
    return isRegularFile(absolute) ? absolute : undefined;
  },
});
