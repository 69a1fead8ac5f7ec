/** What the config section of any provider may say; providers add their defaults. */
import { z } from "zod";
import { endpointSchema } from "./endpoint.ts";

/** Node's fetch gives up by itself at 300 s. */
const MAX_TIMEOUT_MS = 300_000;

const usd = z.number().nonnegative().max(1_000_000);

const capabilitiesSchema = z
  .strictObject({
    temperature: z.boolean(),
    legacy_max_tokens: z.boolean(),
    thinking_off: z.boolean(),
    effort: z.enum(["low", "none", "unset"]),
    structured: z.boolean(),
    prompt_cache_key: z.boolean(),
  })
  .partial()
  .describe("What the model understands, where it differs from what photon assumes; effort `unset` = not sent.");
export type CapabilitySettings = z.output<typeof capabilitiesSchema>;

const priceSchema = z
  .strictObject({
    input: usd.describe("Input, US dollars per million tokens."),
    output: usd.describe("Output, US dollars per million tokens."),
    cache_read: usd.optional().describe("Input read from the provider's cache; unset = as input."),
    cache_write: usd.optional().describe("Input written to the provider's cache; unset = as input."),
  })
  .describe("Price of a model.");

/** Fields every provider has, with its own address. */
export const providerFields = (endpoint: string) => ({
  endpoint: endpointSchema.default(endpoint).describe("Address of the provider."),
  api_key: z.string().min(1).optional().describe("Key; unset = none is sent."),
  timeout_ms: z
    .int()
    .min(1000)
    .max(MAX_TIMEOUT_MS)
    .optional()
    .describe("Time for one call in milliseconds; unset = by the sort of call."),
  concurrency: z.int().min(1).max(256).optional().describe("Calls at the same time; unset = llm.concurrency."),
  local: z
    .boolean()
    .default(false)
    .describe("The provider runs on this machine and forwards nothing: photos that must stay here may be sent to it."),
  capabilities: capabilitiesSchema.default({}),
  prices: z
    .record(z.string(), priceSchema)
    .default({})
    .describe("Prices by model; they come before the built-in ones."),
});

export const modelField = (name: string) => z.string().min(1).max(200).default(name).describe("Model.");

const commonSettings = z.object(providerFields("http://localhost"));
/** What the parts shared by all providers read. */
export type CommonSettings = z.output<typeof commonSettings>;
export type ConfiguredPrice = z.output<typeof priceSchema>;
