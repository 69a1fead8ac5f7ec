/** `photon review list|show|history|diff`: looking. */
import { z } from "zod";
import type { ReviewApi } from "../../app/enrichment/review-api.ts";
import type { ReviewRequest } from "../../app/enrichment/review-items.ts";
import type { EnrichmentState } from "../../catalogue/enrichment-schema.ts";
import { InvalidInputError } from "../../errors.ts";
import { defineCommand, EXIT, flag, jsonFlag } from "../command.ts";
import { cursorOf, listJson, printedJson, targetJson, versionJson } from "../review/json.ts";
import { idArgument, kindFlag, referenceOf } from "../review/references.ts";
import { differencesText, eventText, historyText, proposalText, resultText } from "../review/text.ts";
import { formatPlural } from "../terminal.ts";

interface Reviewing {
  readonly review: ReviewApi;
}

const STATES = [
  "PENDING",
  "ENRICHING",
  "READY_TO_CONFIRM",
  "CONFIRMED",
  "FAILED",
  "DISCARDED",
] as const satisfies readonly EnrichmentState[];
const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 1000;

const placeOf = (cursor: string): NonNullable<ReviewRequest["after"]> => {
  const slash = cursor.indexOf("/");
  if (slash > 0) return { scopeId: cursor.slice(0, slash), documentType: cursor.slice(slash + 1) };
  throw new InvalidInputError("Expected the cursor that the page before printed, received something else.");
};

export const reviewListCommand = defineCommand({
  options: z.object({
    kind: flag("--kind <kind>", z.array(z.string()).default([]), "Only this kind. Repeatable; proposal = proposals."),
    state: flag(
      "--state <state>",
      z.array(z.enum(STATES)).default([]),
      "Only results in this state, READY_TO_CONFIRM unless set. Repeatable.",
    ),
    all: flag("--all", z.boolean().default(false), "Results in every state."),
    execution: flag("--execution <id>", z.string().optional(), "Only what this run made."),
    limit: flag("-n, --limit <count>", z.int().min(1).max(MAX_LIMIT).default(DEFAULT_LIMIT), "Results on a page."),
    cursor: flag("--cursor <text>", z.string().optional(), "Go on where the page that printed this ended."),
    json: jsonFlag,
  }),
  details:
    "Shows what waits for your yes: results of language models, appointments found in pictures and mails, reminders, and what follows from your own requests.",
  examples: [
    { command: "photon review list", does: "everything that waits" },
    { command: "photon review list --state FAILED --kind image_tag", does: "what could not be described, with codes" },
    { command: "photon review list --all --json", does: "all results, for programs" },
  ],
  async run({ kind, state, all, execution, limit, cursor, json }, { photon, stdout, stderr }) {
    const { review }: Reviewing = await photon();
    const states = all ? STATES : state.length === 0 ? (["READY_TO_CONFIRM"] as const) : state;
    const list = await review.list({
      kinds: kind,
      states,
      limit,
      ...(execution === undefined ? {} : { executionId: execution }),
      ...(cursor === undefined ? {} : { after: placeOf(cursor) }),
    });
    if (json) {
      await stdout.line(printedJson(listJson(list)));
      return EXIT.done;
    }
    for (const result of list.results) await stdout.write(resultText(result, stdout));
    for (const event of list.events) await stdout.write(eventText(event, stdout));
    for (const proposal of list.proposals) await stdout.write(proposalText(proposal, stdout));
    const count = list.results.length + list.events.length + list.proposals.length;
    const next = cursorOf(list);
    const notes = [
      count === 0
        ? "Nothing waits for you."
        : `${formatPlural(count, "item")}. photon review confirm|edit|discard <id>`,
      ...(next === undefined ? [] : [`More: photon review list --cursor ${next}`]),
    ];
    for (const note of notes) await stderr.line(stderr.style("dim", note));
    return EXIT.done;
  },
});

export const reviewShowCommand = defineCommand({
  options: z.object({ id: idArgument, kind: kindFlag, json: jsonFlag }),
  examples: [
    { command: "photon review show 01JC5T0V6W3ZK8M4Q2R7XNB9DH", does: "one result with all its fields" },
    { command: "photon review show beach.jpg --kind translate:es", does: "the newest result of a photo" },
  ],
  async run({ id, kind, json }, context) {
    const { review }: Reviewing = await context.photon();
    const { stdout } = context;
    const shown = await review.show(referenceOf(id, kind, context));
    if (json) await stdout.line(printedJson(targetJson(shown)));
    else if (!("type" in shown)) await stdout.write(resultText(shown, stdout));
    else if (shown.type === "event") await stdout.write(eventText(shown.event, stdout));
    else await stdout.write(proposalText(shown.proposal, stdout));
    return EXIT.done;
  },
});

export const reviewHistoryCommand = defineCommand({
  options: z.object({ id: idArgument, kind: kindFlag, json: jsonFlag }),
  details: "Results are never overwritten: a new one is the next version.",
  examples: [{ command: "photon review history beach.jpg", does: "versions, when and by whom they were made" }],
  async run({ id, kind, json }, context) {
    const { review }: Reviewing = await context.photon();
    const versions = await review.history(referenceOf(id, kind, context));
    await context.stdout.write(json ? `${printedJson(versions.map(versionJson))}\n` : historyText(versions));
    if (!json && versions.length === 0) await context.stderr.line("There is no result yet.");
    return EXIT.done;
  },
});

const versionFlag = (flags: string, description: string) => flag(flags, z.int().min(1).optional(), description);

export const reviewDiffCommand = defineCommand({
  options: z.object({
    id: idArgument,
    kind: kindFlag,
    from: versionFlag("--from <version>", "Compare this version; the one before --to unless set."),
    to: versionFlag("--to <version>", "With this one; the newest unless set."),
    json: jsonFlag,
  }),
  examples: [
    { command: "photon review diff beach.jpg", does: "what the newest version changed" },
    { command: "photon review diff beach.jpg --from 1 --to 3 --json", does: "two versions, for programs" },
  ],
  async run({ id, kind, from, to, json }, context) {
    const { review }: Reviewing = await context.photon();
    const { stdout, stderr } = context;
    const versions = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
    const difference = await review.diff(referenceOf(id, kind, context), versions);
    const { from: earlier, to: later, fields } = difference;
    if (json) await stdout.line(printedJson({ from: earlier.version, to: later.version, fields }));
    else if (fields.length === 0) await stderr.line(`Versions ${earlier.version} and ${later.version} say the same.`);
    else await stdout.write(differencesText(difference, stdout));
    return EXIT.done;
  },
});
