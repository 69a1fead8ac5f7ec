/** The section `[llm]`: language models, what they may see and what they may cost. */
import { z } from "zod";
import { count, fieldTraits, perEnvironment, text, unset } from "./fields.ts";
import { PROVIDER_IDS, providerSections } from "./provider-sections.ts";

/** Values of `llm.send_fields`. A position is not among them: it is never sent. */
export const SEND_FIELDS = [
  "tags",
  "capture_month",
  "capture_date",
  "camera",
  "place",
  "file_name",
  "folder",
  "user_caption",
] as const;
export type SendField = (typeof SEND_FIELDS)[number];

const usd = (): z.ZodNumber => z.number().nonnegative().max(1_000_000);
const ofProvider = { belongsTo: "llm.provider" } as const;

const feature = (what: string, ...alsoVariables: readonly string[]) =>
  z.boolean().default(true).describe(`${what}; false switches it off.`).register(fieldTraits, { alsoVariables });

const features = z.object({
  image_tag: feature("Title, description and tags of photos"),
  caption_clean: feature("Captions put in order", "PHOTON_LLM_FEATURE_DESCRIPTION_CLEANING"),
  photo_story: feature("Stories of photos and albums", "PHOTON_LLM_FEATURE_DOG_PROFILER"),
  translate: feature("Translations", "PHOTON_LLM_FEATURE_TRANSLATION"),
  watch_match: feature("Matches of standing watches"),
  event_extract: feature("Calendar events in pictures and mails"),
  intent: feature("Requests in words"),
  followup: feature("Questions back on such requests"),
  metrics: feature("Reports of costs and use; calls are logged all the same", "PHOTON_LLM_FEATURE_METRICS"),
});

const cache = z.object({
  enabled: z.boolean().default(true).describe("Keep accepted answers, so that the same question is not paid twice."),
  max_size: perEnvironment(count(1_000_000), "Answers kept; the one unused for longest goes first.", {
    byEnvironment: [1000, 1000, 2000],
  }),
  ttl_seconds: z
    .int()
    .min(0)
    .max(31_536_000)
    .default(3600)
    .describe("How long an answer is kept, in seconds; 0 is for ever."),
});

const retry = z.object({
  max_attempts: perEnvironment(
    count(100),
    "Calls for an answer somebody waits for, the first one included; queued work waits for the provider instead.",
    { byEnvironment: [3, 3, 5], defaultText: "3, 5 for production; pipeline.retry_attempts + 1 where that is set" },
  ),
  base_delay_s: z
    .number()
    .min(0)
    .max(3600)
    .describe("Wait before the second call in seconds; it doubles with each further one.")
    .register(fieldTraits, {
      defaultText: "1, or pipeline.retry_delay_ms where that is set",
      alsoVariables: ["PHOTON_LLM_RETRY_BASE_DELAY"],
    }),
  max_delay_s: z.number().min(0).max(3600).default(60).describe("Longest wait between two calls in seconds."),
});

const batch = z.object({
  default_size: perEnvironment(count(25), "Jobs a worker takes from the queue at once.", { byEnvironment: [5, 3, 10] }),
  max_size: count(25).default(25).describe("Most that -b/--batch may ask for."),
  concurrent: perEnvironment(
    count(1000),
    "Calls at the same time while a bulk run such as photon enrich is followed.",
    {
      byEnvironment: [10, 10, 15],
    },
  ),
  commit_frequency: count(5).default(1).describe("Batches whose results are written to the library together."),
});

const image = z.object({
  max_edge: z.int().min(64).max(1024).default(1024).describe("Longest edge of pictures that are sent, in pixels."),
  quality: z.int().min(1).max(80).default(80).describe("JPEG quality of pictures that are sent."),
});

const budgetLimit = (period: string) =>
  unset(usd(), `Most US dollars ${period}; work waits when it is reached. Unset: no limit.`, {
    example: 5,
    defaultText: "unset",
  });

const budget = z.object({
  daily_usd: budgetLimit("a day"),
  monthly_usd: budgetLimit("a month"),
  total_usd: budgetLimit("altogether"),
  allow_unpriced: z.boolean().default(false).describe("With a limit: also call models whose price nobody knows."),
});

const confirmAbove = z.object({
  photos: z
    .int()
    .min(0)
    .max(1_000_000_000)
    .default(50)
    .describe("Runs of more photos that leave this machine ask first."),
  usd: usd().default(1).describe("Runs that are expected to cost more US dollars ask first."),
});

export const llm = z.object({
  environment: unset(z.enum(["development", "production"]), "Changes a few defaults of this section.", {
    example: "production",
    defaultText: "unset",
  }),
  provider: unset(
    z.enum(PROVIDER_IDS),
    "Whom to ask; nothing is sent anywhere while it is unset. ollama runs on your own machine; stub asks nobody and only shows how it looks.",
    { example: "ollama", defaultText: "unset" },
  ),
  model: unset(
    text(),
    "Model for everything, of the chosen provider or as provider/model; unset: llm.<provider>.model.",
    {
      ...ofProvider,
      example: "claude-sonnet-5",
      defaultText: "unset",
    },
  ),
  vision_model: unset(text(), "Model for pictures; unset: llm.model.", {
    ...ofProvider,
    example: "gpt-4o-mini",
    defaultText: "unset",
  }),
  text_model: unset(text(), "Model for work without a picture; unset: llm.model.", {
    ...ofProvider,
    example: "gpt-4o-mini",
    defaultText: "unset",
  }),
  base_url: unset(text(), "Address of the chosen provider, instead of llm.<provider>.endpoint.", {
    ...ofProvider,
    example: "http://localhost:1234/v1",
    defaultText: "unset",
  }),
  fallback_models: z
    .array(text())
    .default([])
    .describe("Who is asked when the first is unreachable, refuses or lacks the model: provider/model, in this order."),
  temperature: z
    .number()
    .min(0)
    .max(2)
    .default(0.3)
    .describe("How freely kinds of your own answer that name no range, 0 to 2."),
  max_tokens: count(16_000).default(1024).describe("Longest answer in tokens; models that think get at least 4096."),
  timeout_seconds: unset(
    z.number().min(1).max(300),
    "Time for every call in seconds; unset: 30 for texts and limits.llm_timeout_ms for pictures.",
    { example: 30, defaultText: "unset" },
  ),
  max_retries: z
    .int()
    .min(0)
    .max(10)
    .default(2)
    .describe("Times a wrong answer is sent back with what is wrong about it."),
  concurrency: count(256)
    .default(3)
    .describe("Calls at the same time for each provider; 1 for providers on this machine."),
  invalid_retries: z
    .int()
    .min(0)
    .max(20)
    .default(5)
    .describe("Times a job with a wrong answer is tried again later, after 1, 2, 4 ... seconds."),
  unavailable_days: z
    .number()
    .positive()
    .max(365)
    .default(14)
    .describe("Days that work waits for a provider that cannot be reached; then it fails."),
  send_fields: z
    .array(z.enum(SEND_FIELDS))
    .default(["tags", "capture_month", "camera"])
    .describe("What goes along with a picture; positions never do."),
  languages: z
    .array(z.string().regex(/^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/))
    .default(["es", "fr", "de"])
    .describe("Languages photon translate takes when none is named, as tags such as es or pt-BR."),
  features,
  cache,
  retry,
  batch,
  image,
  budget,
  confirm_above: confirmAbove,
  ...providerSections,
});
