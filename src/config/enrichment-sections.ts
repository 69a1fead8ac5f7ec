/** The sections `[enrichment]`, `[events]` and `[[roots]]`. */
import { z } from "zod";
import { fieldTraits, text, unset } from "./fields.ts";
import { PROVIDER_IDS } from "./provider-sections.ts";
import { patterns, watchMode } from "./watch-section.ts";

const LANGUAGE_TAG = /^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/;

/** What every kind understands; the keys of kinds of your own stand beside them and are checked where they are read. */
const kindSection = z.looseObject({
  auto: z.boolean().optional(),
  auto_confirm: z.boolean().optional(),
  model: text().optional(),
  temperature: z.number().min(0).max(2).optional(),
  language: z.string().regex(LANGUAGE_TAG).optional(),
  ab: z.record(z.string().regex(/^\d+$/), z.number().min(0).max(1)).optional(),
  library_prompt: z.string().trim().min(1).max(4000).optional(),
  album_prompts: z.record(z.string(), z.string().trim().min(1).max(4000)).optional(),
});
export type KindSection = z.output<typeof kindSection>;

const kinds = z
  .record(z.string().regex(/^[a-z][a-z0-9_]{0,39}$/), kindSection)
  .default({})
  .describe(
    "Settings by kind: auto, auto_confirm, model, temperature, language, ab, library_prompt, album_prompts; with prompt_file a kind of your own.",
  )
  .register(fieldTraits, {
    fileOnly: true,
    pathEntries: ["prompt_file", "schema_file"],
    exampleLines: ["[enrichment.kinds.image_tag]", 'language = "de"'],
  });

export const enrichment = z.object({
  language: z
    .string()
    .regex(LANGUAGE_TAG)
    .default("en")
    .describe("Language of titles, descriptions and tags, as a tag such as en or pt-BR."),
  kinds,
});

const webhookUrl = text().regex(/^https?:\/\/[^\s@]+$/);

export const events = z.object({
  webhook: z.object({
    url: unset(webhookUrl, "Address that is told what happened; https, or http on this machine.", {
      example: "https://example.org/photon",
      defaultText: "unset",
    }),
    secret: unset(z.string().min(8), "Signs what is sent there (header x-photon-signature).", {
      secret: true,
      example: "${PHOTON_WEBHOOK_SECRET}",
      defaultText: "unset",
    }),
  }),
});

const folderSettings = z.strictObject({ local_only: z.boolean() });

/** What is left out is as the library has it, else as the general settings say. */
const root = z.strictObject({
  path: z.string().min(1),
  watch: z.boolean().optional(),
  mode: watchMode.optional(),
  exclude: patterns.optional(),
  hidden: z.boolean().optional(),
  local_only: z.boolean().optional(),
  folders: z.record(z.string().min(1), folderSettings).default({}),
  kinds: z.array(text()).optional(),
  provider: z.enum(PROVIDER_IDS).optional(),
});
export type RootSettings = z.output<typeof root>;

export const roots = z
  .array(root)
  .default([])
  .describe(
    "Folders of the library with settings of their own: path; watch, mode, exclude and hidden as in [watch]; local_only = true keeps their photos off providers elsewhere; folders names folders in it, the nearest one decides; kinds are made by themselves, by provider.",
  )
  .register(fieldTraits, {
    fileOnly: true,
    pathEntries: ["path"],
    exampleLines: ["[[roots]]", 'path = "~/Pictures"', 'folders = { "Family/Medical" = { local_only = true } }'],
  });
