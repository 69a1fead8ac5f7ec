/** Whether a new photo is one of those that people asked to be told of. */
import { z } from "zod";
import type { Change } from "../changes.ts";
import { answerSchema } from "../common-fields.ts";
import { defineKind } from "../define-kind.ts";
import type { DocumentBody } from "../enrichment-kind.ts";
import type { OfferedWatch } from "../inputs.ts";
import { plainLine } from "../parsing/plain-text.ts";
import { allDocumentFields } from "../prompts/photo-fields.ts";
import { temperatureRange } from "../temperature.ts";

/** Watches that the prefilter offers at most. */
const MAX_WATCHES = 5;

const outputSchema = answerSchema({
  matches: z
    .array(
      z.strictObject({
        watch_id: z.int().describe("The id of a watch of the data block."),
        confidence: z.number().min(0).max(1).describe("How sure it is that the picture is what the watch asks for."),
        reason: plainLine(200).describe("What in the picture speaks for it."),
      }),
    )
    .max(MAX_WATCHES)
    .describe("One item for each watch that may match; empty when none does."),
});

const matchSchema = z.looseObject({
  watch_id: z.int(),
  name: z.string(),
  confidence: z.number(),
  album_id: z.string().nullable(),
  auto_add: z.boolean(),
});
const contentSchema = z.looseObject({ matches: z.array(matchSchema) });
type StoredMatch = z.output<typeof matchSchema>;

export interface WatchMatch {
  readonly watchId: number;
  /** 0..1 */
  readonly confidence: number;
  readonly reason: string;
}

/**
 * The document of what matches, with all that its changes need later. Without a language model the prefilter's scores
 * come in here alone.
 */
export const watchDocument = (matches: readonly WatchMatch[], watches: readonly OfferedWatch[]): DocumentBody => {
  const counted = matches.flatMap(({ watchId, confidence, reason }) => {
    const watch = watches.find(({ id }) => id === watchId);
    if (watch === undefined || !(confidence > watch.threshold)) return [];
    const { name, albumId, autoAdd } = watch;
    return [{ watch_id: watchId, name, confidence, reason, album_id: albumId ?? null, auto_add: autoAdd }];
  });
  return counted.length === 0 ? { status: "none" } : { status: "ok", matches: counted };
};

const firstChanges = ({ watch_id: watchId, name, confidence }: StoredMatch): readonly Change[] => [
  { change: "join-watch", watchId },
  {
    change: "send-event",
    messageType: "llm_task_match_result",
    content: { watch_id: watchId, watch: name, confidence },
  },
];

const joinAlbum = ({ album_id: albumId }: StoredMatch): readonly Change[] =>
  albumId === null ? [] : [{ change: "join-album", albumId }];

export const watchMatch = defineKind({
  kind: "watch_match",
  role: "curator",
  scopes: ["photo"],
  promptVersion: 1,
  template: {
    task: [
      "The data block lists standing watches: what people asked to be told of when a photo of it arrives. Decide for each watch whether the picture is what it asks for.",
      "Be strict: a confidence above 0.7 means that the person would be glad to be told. A cat is not our cat unless the data block says so.",
    ],
    instruction: "Compare the picture with the watches above.",
  },
  temperature: temperatureRange(0.1, 0.3),
  imageDetail: "low",
  inputs: { required: ["image", "documents", "watches"], optional: [] },
  requires: ["image_tag"],
  output: "json",
  outputSchema,
  contentSchema,
  auto: true,
  confirmation: "configurable",
  editable: false,
  dataFields: (inputs) => [
    ...(inputs.watches ?? []).slice(0, MAX_WATCHES).map(({ id, name, query }) => ({
      name: `watch_${id}`,
      source: "user" as const,
      value: { watch_id: id, name, query },
      keep: true as const,
    })),
    ...allDocumentFields(inputs),
  ],
  quality: ({ matches }, { watches = [] }) => {
    const offered = new Set(watches.map(({ id }) => id));
    const ids = matches.map(({ watch_id: id }) => id);
    return [
      ...ids.flatMap((id, index) =>
        offered.has(id)
          ? []
          : [{ path: `matches[${index}].watch_id`, rule: "must be the id of a watch that was listed" }],
      ),
      ...(new Set(ids).size < ids.length ? [{ path: "matches", rule: "must name each watch once at most" }] : []),
    ];
  },
  toDocument: ({ matches }, { watches = [] }) =>
    watchDocument(
      matches.map(({ watch_id: watchId, confidence, reason }) => ({ watchId, confidence, reason })),
      watches,
    ),
  apply: ({ matches }, { confirmed }) => matches.flatMap(confirmed ? joinAlbum : firstChanges),
  autoConfirm: ({ matches }) =>
    matches.every(({ album_id: albumId, auto_add: autoAdd }) => autoAdd || albumId === null),
});
