import { expect, test } from "vitest";
import { mapIntent, needsConfirmation } from "../../../src/enrichment/intent-mapping.ts";
import { intentContentSchema, type IntentContent } from "../../../src/enrichment/kinds/intent.ts";
import { PHOTO } from "../../support/enrichment.ts";

const noFilters = { taken_from: null, taken_to: null, tags: null, folder: null, source_type: null };
const said = (changes: Partial<IntentContent>): IntentContent => ({
  intent: "search",
  query: null,
  filters: noFilters,
  when: null,
  title: null,
  note: null,
  confidence: 0.9,
  ...changes,
});
const alone = { photos: [], timeZone: "Europe/Berlin" };
const withPhoto = { photos: [PHOTO], timeZone: "Europe/Berlin" };
const search = { action: "search", query: "dogs", filters: {} };

test.each([
  ["dogs", said({ query: "dogs" }), alone, search],
  [
    "dogs in July tagged beach",
    said({ query: "dogs", filters: { ...noFilters, taken_from: "2025-07-01", tags: ["beach"], folder: " " } }),
    alone,
    { action: "search", query: "dogs", filters: { takenFrom: "2025-07-01", tags: ["beach"] } },
  ],
  [
    "only screenshots",
    said({ filters: { ...noFilters, source_type: "SCREENSHOT" } }),
    alone,
    { action: "search", query: "", filters: { sourceType: "SCREENSHOT" } },
  ],
  ["find", said({}), alone, { action: "ask", missing: ["query"] }],
  [
    "remind me tomorrow to print this",
    said({ intent: "reminder", when: "2026-03-05T09:00", title: "Print" }),
    withPhoto,
    {
      action: "propose-reminder",
      title: "Print",
      startsAt: "2026-03-05T09:00",
      timeZone: "Europe/Berlin",
      note: null,
      photos: [PHOTO],
    },
  ],
  ["remind me", said({ intent: "reminder", title: "Print" }), withPhoto, { action: "ask", missing: ["when"] }],
  [
    "make an album Dogs of this",
    said({ intent: "task", title: "Dogs" }),
    withPhoto,
    { action: "propose-album", title: "Dogs", photos: [PHOTO], search: null },
  ],
  [
    "make an album Dogs",
    said({ intent: "task", title: "Dogs", query: "dogs" }),
    alone,
    { action: "propose-album", title: "Dogs", photos: [], search },
  ],
  [
    "tell me when there are new dogs",
    said({ intent: "task", query: "dogs" }),
    alone,
    { action: "propose-watch", query: "dogs" },
  ],
  [
    "tag this beach",
    said({ intent: "task", filters: { ...noFilters, tags: ["beach"] } }),
    withPhoto,
    { action: "propose-tags", photos: [PHOTO], tags: ["beach"] },
  ],
  ["do it", said({ intent: "task" }), alone, { action: "ask", missing: ["target"] }],
  ["an album, of nothing", said({ intent: "task", title: "Dogs" }), alone, { action: "ask", missing: ["target"] }],
  [
    "this is Rex",
    said({ intent: "general_note", note: "This is Rex." }),
    withPhoto,
    { action: "propose-caption", photos: [PHOTO], text: "This is Rex." },
  ],
  ["note", said({ intent: "general_note" }), alone, { action: "ask", missing: ["photos", "note"] }],
  ["a note", said({ intent: "general_note", note: "Rex" }), alone, { action: "ask", missing: ["photos"] }],
  ["of this", said({ intent: "general_note" }), withPhoto, { action: "ask", missing: ["note"] }],
  ["hm", said({ intent: "ambiguous", query: "dogs" }), alone, { action: "ask", missing: ["intent"] }],
])("%s", (_, content, scope, action) => {
  const mapped = mapIntent(intentContentSchema.parse(content), scope);
  expect(mapped).toEqual(action);
  expect(needsConfirmation(mapped)).toBe(mapped.action.startsWith("propose-"));
});
