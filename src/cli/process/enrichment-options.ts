/** Options of `photon process --llm` and what they ask of enrichment. */
import { z } from "zod";
import type { PhotoEnrichmentWish } from "../../app/enrichment/process-run-types.ts";
import { InvalidInputError } from "../../errors.ts";
import type { PatchOptions } from "../../photo/patch-record.ts";
import { childEnvironment } from "../child-environment.ts";
import type { CommandContext } from "../command.ts";
import { flag } from "../command.ts";
import { checkProviderWord } from "./llm-provider.ts";
import type { ProcessFlags } from "./options.ts";

const DEFAULT_KIND = "image_tag";
const isSet = z.boolean().default(false);

export const enrichmentFlags = {
  llm: flag(
    "--llm [provider]",
    z.union([z.literal(true), z.string().min(1)]).optional(),
    "Let a language model describe the photos: ollama, anthropic, openai, hyperbolic, openrouter, openai-compatible or stub; without a name the one of the configuration. Write it behind the folders.",
    { config: "llm.provider", check: checkProviderWord },
  ),
  llmModel: flag("--llm-model <model>", z.string().min(1).optional(), "Model of that provider.", {
    config: "llm.model",
  }),
  llmBaseUrl: flag("--llm-base-url <url>", z.string().min(1).optional(), "Address of that provider.", {
    config: "llm.base_url",
  }),
  description: flag("--no-description", z.boolean().default(true), "Ask no language model, whatever --llm says."),
  llmKinds: flag(
    "--llm-kinds <kinds>",
    z.string().min(1).default(DEFAULT_KIND),
    "Kinds of enrichment, with commas between them; image_tag unless set. Records of others need --llm-details.",
  ),
  wait: flag("--no-wait", z.boolean().default(true), "Leave the work to other photon processes."),
  failFast: flag("--fail-fast", isSet, "End at once, before any work, when no language model can be called."),
  llmDetails: flag("--llm-details", isSet, "Write kind, title, tags, state and costs into enrichment records."),
  budget: flag("--budget <usd>", z.number().positive().optional(), "Most US dollars the descriptions may cost."),
};

type EnrichmentFlags = Pick<
  ProcessFlags,
  | "llm"
  | "llmModel"
  | "llmBaseUrl"
  | "description"
  | "llmKinds"
  | "wait"
  | "failFast"
  | "llmDetails"
  | "budget"
  | "force"
  | "store"
  | "inputs"
>;

/** Whether a language model is to be asked about the photos. */
export const wantsEnrichment = ({ llm, description }: Pick<EnrichmentFlags, "llm" | "description">): boolean =>
  llm !== undefined && description;

/** @throws InvalidInputError for options that exclude each other */
export const checkEnrichmentFlags = (flags: EnrichmentFlags): void => {
  if (!wantsEnrichment(flags)) return;
  if (!flags.store) {
    throw new InvalidInputError("Expected --llm without --no-store, received both.", {
      hint: "Descriptions are kept in the library, so that nothing is paid twice. Leave out --no-store.",
    });
  }
  if (flags.llmBaseUrl !== undefined && !flags.wait) {
    throw new InvalidInputError("Expected --llm-base-url without --no-wait, received both.", {
      hint: "Other photon processes do not know this address: set llm.base_url in the configuration instead.",
    });
  }
};

export const kindsOf = ({ llmKinds }: Pick<EnrichmentFlags, "llmKinds">): readonly string[] => [
  ...new Set(
    llmKinds
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== ""),
  ),
];

/** Somebody named the provider, so that the run sends to nobody else. */
export const isExplicit = ({ llm, llmModel, llmBaseUrl }: EnrichmentFlags): boolean =>
  typeof llm === "string" || llmModel !== undefined || llmBaseUrl !== undefined;

export const enrichmentWish = (
  flags: EnrichmentFlags,
  context: Pick<CommandContext, "environment" | "loadedConfig" | "workingDirectory">,
  signal: AbortSignal,
): PhotoEnrichmentWish => ({
  kinds: kindsOf(flags),
  explicit: isExplicit(flags),
  force: flags.force,
  wait: flags.wait,
  costs: flags.llmDetails,
  budgetUsd: flags.budget,
  filter: { inputs: flags.inputs },
  workerEnvironment: childEnvironment(context),
  workingDirectory: context.workingDirectory,
  signal,
});

export const patchOptions = ({ compat, llmDetails }: Pick<ProcessFlags, "compat" | "llmDetails">): PatchOptions => ({
  compat,
  details: llmDetails,
});
