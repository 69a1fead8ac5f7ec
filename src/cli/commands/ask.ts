/** `photon ask`. */
import { resolve } from "node:path";
import { createInterface } from "node:readline/promises";
import { z } from "zod";
import type { AskAnswer, AskApi, AskRequest } from "../../app/enrichment/ask.ts";
import type { ReviewApi } from "../../app/enrichment/review-api.ts";
import type { Decided } from "../../app/enrichment/review-decisions.ts";
import type { ProcessApi } from "../../pipeline/outcome.ts";
import type { CommandContext } from "../command.ts";
import { argument, defineCommand, EXIT, flag, jsonFlag } from "../command.ts";
import { confirm } from "../models/confirm.ts";
import { decidedJson, printedJson } from "../review/json.ts";
import { actionText, doneText } from "../review/text.ts";
import { searchJson } from "../search/json.ts";
import { createQueryReader } from "../search/options.ts";
import { printReply } from "../search/print-reply.ts";
import type { ThumbnailSource } from "../terminal-images.ts";
import { formatJson } from "../terminal.ts";

type Library = AskApi & ThumbnailSource & Pick<ProcessApi, "waitUntilIndexed"> & { readonly review: ReviewApi };
type Question = Extract<AskAnswer, { readonly answer: "question" }>;
type ProposedAnswer = Extract<AskAnswer, { readonly answer: "proposal" }>;

const MOST_QUESTIONS = 2;
const SHOWN_HITS = 20;

interface Asking {
  readonly library: Library;
  readonly context: CommandContext;
  readonly signal: AbortSignal;
}

const askBack = async ({ question, options }: Question, { context, signal }: Asking): Promise<string> => {
  const { stderr } = context;
  await stderr.line(question);
  for (const [place, option] of options.entries()) await stderr.line(`  ${place + 1}. ${option}`);
  const lines = createInterface({ input: process.stdin, output: stderr.stream });
  try {
    const typed = (await lines.question("> ", { signal })).trim();
    return options[Number(typed) - 1] ?? typed;
  } finally {
    lines.close();
  }
};

/** Asks back twice at most, and only where somebody can answer. */
const answerTo = async (request: AskRequest, asking: Asking, json: boolean): Promise<AskAnswer> => {
  const canAsk = !json && process.stdin.isTTY && asking.context.stderr.isTerminal;
  const answered: { question: string; answer: string }[] = [];
  for (;;) {
    const answer = await asking.library.ask({ ...request, answered }, asking.signal);
    if (answer.answer !== "question" || !canAsk || answered.length === MOST_QUESTIONS) return answer;
    const typed = await askBack(answer, asking);
    if (typed === "") return answer;
    answered.push({ question: answer.question, answer: typed });
  }
};

const printQuestion = async (
  { question, options, missing }: Question,
  { stdout, stderr }: CommandContext,
  json: boolean,
) => {
  if (json) {
    await stdout.line(printedJson({ answer: "question", question, options, missing }));
    return;
  }
  await stdout.line(question);
  for (const option of options) await stdout.line(`  ${option}`);
  await stderr.line(stderr.style("dim", "Ask again with the answer in your request."));
};

type Choice = "yes" | "no" | "later";

const choiceOf = async (yes: boolean, { context, signal }: Asking, json: boolean): Promise<Choice> => {
  if (yes) return "yes";
  const { stderr } = context;
  if (json || !process.stdin.isTTY || !stderr.isTerminal) return "later";
  return (await confirm("Do it?", { input: process.stdin, stderr, signal })) ? "yes" : "no";
};

interface Outcome {
  readonly choice: Choice;
  readonly decided: Decided | undefined;
  readonly files: readonly string[];
}

const carryOut = async (
  { id }: ProposedAnswer,
  choice: Choice,
  { library, signal, ics }: Asking & { readonly ics: string | undefined },
): Promise<Outcome> => {
  const { review } = library;
  if (choice === "later") return { choice, decided: undefined, files: [] };
  const [decided] = await review.decide([{ id }], choice === "yes" ? "confirm" : "discard", signal);
  await library.waitUntilIndexed(() => undefined, signal);
  const files = choice === "yes" ? (await review.exportEvents(ics)).written : [];
  return { choice, decided, files };
};

const outcomeText = ({ id }: ProposedAnswer, { choice, decided, files }: Outcome): string => {
  if (choice === "later") return `It waits for your yes: photon review confirm ${id}`;
  if (choice === "no") return "Nothing was done.";
  if (decided?.done !== undefined) return doneText(decided.done);
  return files.length === 0 ? "Done." : `Done: ${files.join(", ")}`;
};

const propose = async (
  answer: ProposedAnswer,
  asking: Asking,
  { yes, json, ics }: { readonly yes: boolean; readonly json: boolean; readonly ics: string | undefined },
): Promise<number> => {
  const { stdout, stderr } = asking.context;
  if (!json) await stderr.line(actionText(answer.action));
  const outcome = await carryOut(answer, await choiceOf(yes, asking, json), { ...asking, ics });
  const { decided, files } = outcome;
  if (json) {
    const about = { answer: "proposal", id: answer.id, ...answer.action };
    const what = decided === undefined ? { state: "PENDING" } : decidedJson(decided);
    await stdout.line(printedJson({ ...about, ...what, calendar_files: files }));
  } else if (decided?.error === undefined) await stdout.line(outcomeText(answer, outcome));
  else await stderr.line(`${stderr.style("red", decided.error.message)} ${decided.error.hint ?? ""}`.trim());
  return decided?.error === undefined ? EXIT.done : EXIT.failed;
};

export const askCommand = defineCommand({
  options: z.object({
    request: argument("<request...>", z.array(z.string()).min(1), "What you want, in your own words."),
    photo: flag("--photo <id|path>", z.array(z.string()).default([]), "A photo the request is about. Repeatable."),
    yes: flag("--yes", z.boolean().default(false), "Do what follows from it without asking."),
    ics: flag(
      "--ics <folder>",
      z.string().optional(),
      "Write calendar files here; events in the data folder unless set.",
    ),
    json: jsonFlag,
  }),
  details:
    "A language model reads what you mean; what follows is decided by photon. A search runs at once. Reminders, albums, tags, standing watches and descriptions wait for your yes. What your request leaves open is asked back, twice at most.",
  examples: [
    { command: 'photon ask "dogs on the beach last summer"', does: "a search" },
    { command: 'photon ask "remind me on Friday at nine to print this" --photo beach.jpg', does: "a reminder" },
    { command: 'photon ask "make an album Rex of all photos of our dog" --yes', does: "an album, without asking" },
  ],
  async run({ request, photo, yes, ics, json }, context, signal) {
    const library: Library = await context.photon();
    const asking = { library, context, signal };
    const { fileAt } = createQueryReader(context.workingDirectory);
    const photos = photo.map((named) => fileAt(named) ?? named);
    const answer = await answerTo({ text: request.join(" "), photos }, asking, json);
    switch (answer.answer) {
      case "search":
        if (json)
          await context.stdout.line(formatJson({ answer: "search", ...answer.action, ...searchJson(answer.reply) }));
        else await printReply(answer.reply, { json, images: true, limit: SHOWN_HITS, thumbnails: library }, context);
        return EXIT.done;
      case "question":
        await printQuestion(answer, context, json);
        return EXIT.usage;
      case "proposal": {
        const folder = ics === undefined ? undefined : resolve(context.workingDirectory, ics);
        return propose(answer, asking, { yes, json, ics: folder });
      }
      default:
        return answer satisfies never;
    }
  },
});
