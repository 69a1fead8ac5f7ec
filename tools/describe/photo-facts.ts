/** Everything known about one photo, as `describe` tells it. */
import { z } from "zod";
import type { PhotoDetails, PhotoSummary } from "../../src/search/types.ts";
import type { KnownPhoto } from "../photos/known-photos.ts";
import { outsideName, outsideNames, outsideText } from "../photos/outside-text.ts";
import type { Detail, RowLimits } from "../photos/photo-row.ts";
import { displayPath, gpsOf, photoRow, photoRowSchema } from "../photos/photo-row.ts";

const texts = z.record(z.string(), z.string());

export const photoFactsSchema = photoRowSchema.omit({ caption: true, caption_source: true, title: true }).extend({
  size: z.string(),
  format: z.string(),
  exif_text: z
    .strictObject({
      source: z.literal("exif"),
      title: z.string().optional(),
      caption: z.string().optional(),
      keywords: z.array(z.string()).optional(),
    })
    .optional()
    .describe("What the file itself says."),
  enrichment: z
    .strictObject({
      source: z.enum(["llm", "assistant", "user"]),
      state: z.enum(["CONFIRMED", "READY_TO_CONFIRM"]),
      title: z.string().optional(),
      description: z.string().optional(),
      tags: z.array(z.string()),
      model: z.string().optional(),
      translations: z
        .record(z.string(), texts)
        .optional()
        .describe("Of `language`, or of every language with `detail: full`."),
      story: texts.optional().describe("Of `detail: full`."),
    })
    .optional()
    .describe("What is written about the photo."),
  similar_count: z
    .number()
    .optional()
    .describe("Other photos that look nearly the same; left out when nothing can be said."),
  camera_settings: z
    .strictObject({
      lens: z.string().optional(),
      iso: z.number().optional(),
      aperture: z.number().optional(),
      exposure_seconds: z.number().optional(),
      focal_length_mm: z.number().optional(),
    })
    .optional()
    .describe("Of `detail: full`."),
  scored_tags: z
    .array(z.strictObject({ name: z.string(), confidence: z.number(), source: z.string() }))
    .optional()
    .describe("Of `detail: full`: with confidence and source, best first."),
  files: z.array(z.string()).optional().describe("Of `detail: full`: all files that hold it."),
});
export type PhotoFacts = z.output<typeof photoFactsSchema>;

export interface FactsRequest {
  readonly detail: Detail;
  readonly language: string | undefined;
  readonly limits: RowLimits;
}

export interface FactsOfPhoto extends KnownPhoto {
  /** Only where they are asked for. */
  readonly details: PhotoDetails | undefined;
  readonly similar: number | undefined;
}

const TAG_DIGITS = 2;
const MOST_FILES = 10;

const exifText = (photo: PhotoSummary, details: PhotoDetails | undefined, { caption, tags }: RowLimits) => {
  const keywords = details?.metadata.keywords ?? [];
  if (photo.title === undefined && photo.caption === undefined && keywords.length === 0) return {};
  return {
    exif_text: {
      source: "exif" as const,
      ...(photo.title === undefined ? {} : { title: outsideText(photo.title, caption) }),
      ...(photo.caption === undefined ? {} : { caption: outsideText(photo.caption, caption) }),
      ...(keywords.length === 0 ? {} : { keywords: [...outsideNames(keywords.slice(0, tags))] }),
    },
  };
};

/** Fields that are texts; others are passed over. */
const textFields = (fields: Readonly<Record<string, unknown>>, limit: number): Record<string, string> =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([name, text]) =>
      typeof text === "string" && text !== "" ? [[outsideName(name, 40), outsideText(text, limit)]] : [],
    ),
  );

const translationsOf = (
  { translations = {} }: Pick<PhotoDetails, "translations">,
  { language, limits }: FactsRequest,
): Readonly<Record<string, Record<string, string>>> =>
  Object.fromEntries(
    Object.entries(translations)
      .filter(([name]) => language === undefined || name === language)
      .map(([name, fields]) => [name, textFields(fields, limits.caption)]),
  );

const enrichmentOf = ({ photo, details }: FactsOfPhoto, request: FactsRequest): Pick<PhotoFacts, "enrichment"> => {
  const { described } = photo;
  if (described === undefined) return {};
  const { detail, limits } = request;
  const { source, confirmed, title, description, tags, model } = described;
  const translations = details === undefined ? {} : translationsOf(details, request);
  return {
    enrichment: {
      source,
      state: confirmed ? "CONFIRMED" : "READY_TO_CONFIRM",
      ...(title === undefined ? {} : { title: outsideText(title, limits.caption) }),
      ...(description === undefined ? {} : { description: outsideText(description, limits.caption) }),
      tags: [...outsideNames(tags.slice(0, limits.tags))],
      ...(model === undefined ? {} : { model: outsideName(model) }),
      ...(Object.keys(translations).length === 0 ? {} : { translations }),
      ...(detail === "full" && details?.story !== undefined
        ? { story: textFields(details.story, limits.caption) }
        : {}),
    },
  };
};

const cameraSettings = ({ metadata }: PhotoDetails): Pick<PhotoFacts, "camera_settings"> => {
  const { lens, iso, aperture, exposureSeconds, focalLengthMm } = metadata;
  const settings = {
    ...(lens === undefined ? {} : { lens: outsideName(lens) }),
    ...(iso === undefined ? {} : { iso }),
    ...(aperture === undefined ? {} : { aperture }),
    ...(exposureSeconds === undefined ? {} : { exposure_seconds: exposureSeconds }),
    ...(focalLengthMm === undefined ? {} : { focal_length_mm: focalLengthMm }),
  };
  return Object.keys(settings).length === 0 ? {} : { camera_settings: settings };
};

const fullFacts = (details: PhotoDetails, { tags, folder }: RowLimits): Partial<PhotoFacts> => ({
  ...cameraSettings(details),
  scored_tags: details.scoredTags.slice(0, tags).map(({ name, confidence, provenance }) => ({
    name: outsideName(name),
    confidence: Number(confidence.toFixed(TAG_DIGITS)),
    source: provenance.source,
  })),
  files: details.places.slice(0, MOST_FILES).map((place) => outsideName(displayPath(place), folder)),
});

export const photoFacts = (known: FactsOfPhoto, request: FactsRequest): PhotoFacts => {
  const { id, photo, details, similar } = known;
  const { detail, limits } = request;
  const { caption: _caption, caption_source: _source, title: _title, ...row } = photoRow(photo, id, "full", limits);
  return {
    ...row,
    size: `${photo.width}x${photo.height}`,
    format: photo.format,
    ...(photo.gps === undefined ? {} : { gps: gpsOf(photo.gps, detail) }),
    ...exifText(photo, details, limits),
    ...enrichmentOf(known, request),
    ...(similar === undefined ? {} : { similar_count: similar }),
    ...(detail === "full" && details !== undefined ? fullFacts(details, limits) : {}),
  };
};
