/** `photon review confirm|discard|retry|edit|restore`: deciding. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { text as readAll } from "node:stream/consumers";
import { z } from "zod";
import type { ReviewApi } from "../../app/enrichment/review-api.ts";
import type { Decided, Decision } from "../../app/enrichment/review-decisions.ts";
import type { ContentEdit, FieldChange } from "../../enrichment/review/content-edit.ts";
import { InvalidInputError } from "../../errors.ts";
import type { ProcessApi } from "../../pipeline/outcome.ts";
import type { CommandContext } from "../command.ts";
import { defineCommand, EXIT, flag, jsonFlag } from "../command.ts";
import { decidedJson, printedJson, resultJson } from "../review/json.ts";
import type { Selection } from "../review/references.ts";
import { idArgument, idsArgument, kindFlag, referenceOf, selectReferences } from "../review/references.ts";
import { doneText, resultText } from "../review/text.ts";
import { formatPlural } from "../terminal.ts";

interface Reviewing extends Pick<ProcessApi, "waitUntilIndexed"> {
  readonly review: ReviewApi;
}

const selectionFlags = {
  ids: idsArgument,
  kind: kindFlag,
  all: flag("--all", z.boolean().default(false), "Everything that waits, or all of --kind."),
  execution: flag("--execution <id>", z.string().optional(), "What this run made."),
  json: jsonFlag,
};

/** All failed: 1. Some failed: 3. */
const exitCodeOf = (decided: readonly Decided[]): number => {
  const failed = decided.filter(({ error }) => error !== undefined).length;
  if (failed === 0) return EXIT.done;
  return failed === decided.length ? EXIT.failed : EXIT.partlyFailed;
};

const PAST = { confirm: "Confirmed", discard: "Discarded" } as const;

const printDecided = async (
  decided: readonly Decided[],
  decision: Decision,
  { stdout, stderr }: Pick<CommandContext, "stdout" | "stderr">,
): Promise<void> => {
  for (const { done } of decided) if (done !== undefined) await stdout.line(doneText(done));
  for (const { id, error } of decided) {
    if (error === undefined) continue;
    await stderr.line(
      `${stderr.style("red", id)}: ${error.message}${error.hint === undefined ? "" : ` ${error.hint}`}`,
    );
  }
  const done = decided.filter(({ error }) => error === undefined).length;
  await stdout.line(`${PAST[decision]} ${formatPlural(done, "item")}.`);
};

const decide = async (
  selection: Selection,
  decision: Decision,
  { context, signal }: { readonly context: CommandContext; readonly signal: AbortSignal },
): Promise<{ readonly review: ReviewApi; readonly decided: readonly Decided[] }> => {
  const photon: Reviewing = await context.photon();
  const { review } = photon;
  const references = await selectReferences(review, selection, {
    workingDirectory: context.workingDirectory,
    state: "READY_TO_CONFIRM",
  });
  const decided = await review.decide(references, decision, signal);
  await photon.waitUntilIndexed(() => undefined, signal); // searches see the decision
  return { review, decided };
};

export const reviewConfirmCommand = defineCommand({
  options: z.object({
    ...selectionFlags,
    ics: flag(
      "--ics <folder>",
      z.string().optional(),
      "Write calendar files here; events in the data folder unless set.",
    ),
  }),
  details:
    "Confirms the version that was listed: when a newer one has come meanwhile, nothing happens. Confirmed appointments and reminders are written as calendar files (.ics), one each; naming events instead of their result confirms these alone.",
  examples: [
    { command: "photon review confirm 01JC5T0V6W3ZK8M4Q2R7XNB9DH", does: "this result counts from now on" },
    { command: "photon review confirm --all --kind caption_clean", does: "every cleaned caption that waits" },
    {
      command: "photon review confirm 01JC5T0V6W3ZK8M4Q2R7XNB9DH --ics ~/Calendar",
      does: "an event, as a file in a folder",
    },
  ],
  async run(options, context, signal) {
    const { stdout, stderr } = context;
    const { review, decided } = await decide(options, "confirm", { context, signal });
    const folder = options.ics === undefined ? undefined : resolve(context.workingDirectory, options.ics);
    const { written, refused } = await review.exportEvents(folder);
    if (options.json) {
      await stdout.line(printedJson({ items: decided.map(decidedJson), calendar_files: written, refused }));
    } else {
      await printDecided(decided, "confirm", context);
      for (const path of written) await stdout.line(`Calendar file: ${path}`);
      for (const { id, message } of refused) await stderr.line(`${stderr.style("red", id)}: ${message}`);
    }
    return exitCodeOf(decided);
  },
});

export const reviewDiscardCommand = defineCommand({
  options: z.object(selectionFlags),
  details:
    "The result goes and is not made again by itself; photon review retry asks for a new one. --execution takes back all that a run made: the versions before it count again.",
  examples: [
    { command: "photon review discard 01JC5T0V6W3ZK8M4Q2R7XNB9DH", does: "one result" },
    { command: "photon review discard --execution 01JC5T0QK2M5R8V1W4X7Z0B3DE", does: "take back a whole run" },
  ],
  async run(options, context, signal) {
    const { stdout } = context;
    if (options.execution !== undefined) {
      const photon: Reviewing = await context.photon();
      const { restored, discarded } = await photon.review.discardExecution(options.execution);
      await photon.waitUntilIndexed(() => undefined, signal);
      await stdout.line(
        options.json
          ? printedJson({ restored, discarded })
          : `Took back a run: ${formatPlural(restored, "earlier version")} restored, ${formatPlural(discarded, "result")} discarded.`,
      );
      return EXIT.done;
    }
    const { decided } = await decide(options, "discard", { context, signal });
    if (options.json) await stdout.line(printedJson({ items: decided.map(decidedJson) }));
    else await printDecided(decided, "discard", context);
    return exitCodeOf(decided);
  },
});

export const reviewRetryCommand = defineCommand({
  options: z.object({ ids: idsArgument, kind: kindFlag, all: selectionFlags.all, json: jsonFlag }),
  details: "Asks again for failed and discarded results; --all means all that failed.",
  examples: [
    { command: "photon review retry --all --kind image_tag", does: "every photo that could not be described" },
    { command: "photon review retry beach.jpg", does: "one photo" },
  ],
  async run({ json, ...selection }, context) {
    const { review }: Reviewing = await context.photon();
    const references = await selectReferences(review, selection, {
      workingDirectory: context.workingDirectory,
      state: "FAILED",
    });
    const { executionId, queued } = await review.retry(references);
    await context.stdout.line(
      json
        ? printedJson({ execution_id: executionId, queued })
        : `Asked again for ${formatPlural(queued, "result")}${queued === 0 ? ": nothing named has failed." : "."}`,
    );
    return EXIT.done;
  },
});

const fieldChange = (typed: string): FieldChange => {
  const equals = typed.indexOf("=");
  if (equals > 0) return { path: typed.slice(0, equals).trim(), text: typed.slice(equals + 1) };
  throw new InvalidInputError(`Expected field=value for --set, received "${typed}".`, {
    hint: 'For example: --set title="Rex at the sea" --set tags=dog,beach,rex',
  });
};

const fieldsOfJson = (json: string): Readonly<Record<string, unknown>> => {
  const refuse = (cause?: unknown): never => {
    throw new InvalidInputError("Expected a JSON object with the fields to change, received something else.", {
      cause,
      hint: '"photon review show --json" prints the fields as content.',
    });
  };
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    return refuse(error);
  }
  return z.record(z.string(), z.unknown()).safeParse(value).data ?? refuse();
};

const readEdit = async (
  set: readonly string[],
  file: string | undefined,
  workingDirectory: string,
): Promise<ContentEdit> => {
  const changes = { set: set.map(fieldChange) };
  const fromStdin = file === "-" || (file === undefined && set.length === 0 && !process.stdin.isTTY);
  if (fromStdin) return { ...changes, fields: fieldsOfJson(await readAll(process.stdin)) };
  if (file === undefined && set.length === 0) {
    throw new InvalidInputError("Expected --set, --file or JSON on stdin, received none of them.", {
      hint: 'For example: photon review edit beach.jpg --set title="Rex at the sea"',
    });
  }
  if (file === undefined) return changes;
  const json = await readFile(resolve(workingDirectory, file), "utf8").catch((cause: unknown) => {
    throw new InvalidInputError(`Expected a readable JSON file for --file, received "${file}".`, { cause });
  });
  return { ...changes, fields: fieldsOfJson(json) };
};

export const reviewEditCommand = defineCommand({
  options: z.object({
    id: idArgument,
    kind: kindFlag,
    set: flag(
      "--set <field=value>",
      z.array(z.string()).default([]),
      "New value of a field; lists with commas, inner fields with dots (events.0.title). Repeatable.",
    ),
    file: flag("--file <path>", z.string().optional(), "JSON object with the fields to change; - reads it from stdin."),
    json: jsonFlag,
  }),
  details: "Writes a version of your own, which counts at once. The limits of the kind hold for you too.",
  examples: [
    { command: 'photon review edit beach.jpg --set title="Rex at the sea"', does: "a better title" },
    { command: "photon review edit beach.jpg --set tags=rex,dog,beach", does: "other tags" },
    { command: "photon review edit beach.jpg --kind caption_clean --file new.json", does: "fields out of a file" },
  ],
  async run({ id, kind, set, file, json }, context, signal) {
    const photon: Reviewing = await context.photon();
    const { review } = photon;
    const change = await readEdit(set, file, context.workingDirectory);
    const result = await review.edit(referenceOf(id, kind, context), change);
    await photon.waitUntilIndexed(() => undefined, signal);
    const { written } = await review.exportEvents();
    if (json) await context.stdout.line(printedJson({ ...resultJson(result), calendar_files: written }));
    else await context.stdout.write(resultText(result, context.stdout));
    return EXIT.done;
  },
});

export const reviewRestoreCommand = defineCommand({
  options: z.object({
    id: idArgument,
    kind: kindFlag,
    to: flag(
      "--to <version>",
      z.int().min(1).optional(),
      "The version to bring back; the one before the newest unless set.",
    ),
    json: jsonFlag,
  }),
  details: "Writes the content of an older version as a new one, which counts at once. Nothing is lost.",
  examples: [{ command: "photon review restore beach.jpg --to 1", does: "bring back the first version" }],
  async run({ id, kind, to, json }, context, signal) {
    const photon: Reviewing = await context.photon();
    const result = await photon.review.restore(referenceOf(id, kind, context), to);
    await photon.waitUntilIndexed(() => undefined, signal);
    if (json) await context.stdout.line(printedJson(resultJson(result)));
    else await context.stdout.write(resultText(result, context.stdout));
    return EXIT.done;
  },
});
