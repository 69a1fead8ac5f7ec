/** Options that `enrich`, `profile` and `translate` share, and what they ask for. */
import { z } from "zod";
import type { Wanted } from "../../enrichment/selection.ts";
import { InvalidInputError } from "../../errors.ts";
import { flag, jsonFlag } from "../command.ts";

const isSet = z.boolean().default(false);

export const runOptions = {
  folder: flag(
    "--folder <folder>",
    z.array(z.string().min(1)).default([]),
    "Photos in this folder: absolute, or its last names. Repeatable.",
  ),
  limit: flag("-l, --limit <count>", z.int().min(1).optional(), "Most photos of this run, newest first."),
  batch: flag("-b, --batch <size>", z.int().min(1).max(25).optional(), "Jobs a worker takes at once, 1 to 25.", {
    config: "llm.batch.default_size",
  }),
  force: flag("--force", isSet, "Ask again for what has a result, has failed or was discarded."),
  outdated: flag("--outdated", isSet, "Ask again for results of older prompts."),
  dryRun: flag("--dry-run", isSet, "Only show what would be done, sent and paid."),
  payload: flag(
    "--payload <folder>",
    z.string().min(1).optional(),
    "With --dry-run: write the exact prompts and pictures that would be sent into this folder.",
  ),
  now: flag("--now", isSet, "Do it in this process, past pauses; every job ends, well or badly."),
  hurry: flag(
    "--no-hurry",
    z.boolean().default(true),
    "Hand the work to the provider's batch service, where it has one: within 24 hours, at half the price.",
  ),
  wait: flag("--no-wait", z.boolean().default(true), "Only queue the work; another photon does it."),
  yes: flag("--yes", isSet, "Do not ask, whatever it costs."),
  quiet: flag("-q, --quiet", isSet, "Show no progress."),
  json: jsonFlag,
} as const;

const runSchema = z.object(runOptions);
export type RunFlags = z.output<typeof runSchema>;

const CONFLICTS: readonly (readonly [keyof RunFlags, boolean, keyof RunFlags, boolean, string])[] = [
  ["force", true, "outdated", true, "--force or --outdated"],
  ["now", true, "hurry", false, "--now or --no-hurry"],
  ["now", true, "wait", false, "--now or --no-wait"],
];

/** @throws InvalidInputError for options that exclude each other */
export const checkRunFlags = (flags: RunFlags): void => {
  for (const [left, isLeft, right, isRight, names] of CONFLICTS) {
    if (flags[left] === isLeft && flags[right] === isRight) {
      throw new InvalidInputError(`Expected one of ${names}, received both.`, { hint: "Leave one of them out." });
    }
  }
  if (flags.payload !== undefined && !flags.dryRun) {
    throw new InvalidInputError("Expected --payload together with --dry-run, received it alone.", {
      hint: "Add --dry-run: the prompts are written instead of being sent.",
    });
  }
};

export const wantedOf = ({ force, outdated }: Pick<RunFlags, "force" | "outdated">): Wanted =>
  force ? "all" : outdated ? "outdated" : "missing";

/**
 * Canonical tags, each once.
 * @throws InvalidInputError for what is no BCP 47 tag
 */
export const languageTags = (given: readonly string[]): readonly string[] => {
  const tags = given.map((text) => {
    try {
      const [tag] = Intl.getCanonicalLocales(text);
      if (tag !== undefined) return tag;
    } catch {
      // not a tag: said below
    }
    throw new InvalidInputError(`Expected a language tag, received "${text}".`, {
      hint: "Language tags look like es, fr, de or pt-BR.",
    });
  });
  return [...new Set(tags)];
};
