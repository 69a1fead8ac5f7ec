/** What `photon models list` shows of each model, narrow enough for a terminal. */
import type { ModelListing } from "../../library/administration.ts";
import { formatBytes, formatTable } from "../terminal.ts";

const HEAD = ["", "model", "variant", "state", "finds", "size", "licence", "languages"];
const PINNED_AT_DOWNLOAD = "†";
const SHOWN_LANGUAGES = 3;

const nameText = ({ id, basic, addedByUser, pinnedAtDownload }: ModelListing): string => {
  if (basic) return `${id} (basic)`;
  if (addedByUser === true) return `${id} (added by you)`;
  return pinnedAtDownload === true ? `${id} ${PINNED_AT_DOWNLOAD}` : id;
};

type Measure = ModelListing["figures"][number]["measure"];

const percentOf = ({ figures }: ModelListing, wanted: Measure): string | undefined => {
  const figure = figures.find(({ measure }) => measure === wanted);
  return figure === undefined ? undefined : `${Math.round(figure.percent)} %`;
};

/** Recall alone compares models with each other; an own test is told apart by brackets. */
const worthText = (model: ModelListing): string => {
  const ownTest = percentOf(model, "own-test");
  return percentOf(model, "recall") ?? (ownTest === undefined ? "" : `(${ownTest})`);
};

const languagesText = ({ languages }: ModelListing): string => {
  const more = languages.length - SHOWN_LANGUAGES;
  const shown = languages.slice(0, SHOWN_LANGUAGES).join(" ");
  return more > 0 ? `${shown} + ${more} more` : shown;
};

const rowOf = (model: ModelListing): readonly string[] => [
  model.active ? "*" : "",
  nameText(model),
  model.variant ?? "",
  model.state,
  worthText(model),
  model.bytes === 0 ? "" : formatBytes(model.bytes),
  model.licence ?? "",
  languagesText(model),
];

/** @param emphasise style of the head's words */
export const modelTable = (models: readonly ModelListing[], emphasise: (word: string) => string): string =>
  models.length === 0 ? "" : formatTable([HEAD.map(emphasise), ...models.map(rowOf)]);

/** What the table's short signs mean, only of those that are in it. */
export const modelNotes = (models: readonly ModelListing[]): readonly string[] => {
  const has = (wanted: Measure): boolean => models.some((model) => percentOf(model, wanted) !== undefined);
  return [
    ...(has("recall")
      ? [
          "finds: how often the photo that an English description was written for is found, as immich published it; empty where nobody did. More pixels of the same family see finer things and take longer.",
        ]
      : []),
    ...(has("own-test")
      ? [
          "(…): how often photon-mini names one of the 200 kinds of things it was trained on right; an easier test, not to be compared.",
        ]
      : []),
    ...(models.some(({ pinnedAtDownload }) => pinnedAtDownload === true)
      ? [
          `${PINNED_AT_DOWNLOAD}: pinned at download; some of its hashes come from the server on that day and bind from then on.`,
        ]
      : []),
  ];
};
