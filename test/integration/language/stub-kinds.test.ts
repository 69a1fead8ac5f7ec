import { describe, expect, test } from "vitest";
import { createLanguageModel } from "../../../models/language/providers.ts";
import type { EnrichmentKind } from "../../../src/enrichment/enrichment-kind.ts";
import type { EnrichmentInputs, MailText } from "../../../src/enrichment/inputs.ts";
import { judgeReply } from "../../../src/enrichment/judge-reply.ts";
import { kinds } from "../../../src/enrichment/kinds.ts";
import { createUserKind } from "../../../src/enrichment/user-kinds.ts";
import { knownInputs, PHOTO } from "../../support/enrichment.ts";
import { neverAborted, photoRequest } from "../../support/fake-providers/requests.ts";

const allKinds: readonly EnrichmentKind[] = kinds;
const kindOf = (name: string): EnrichmentKind => {
  const kind = allKinds.find((candidate) => candidate.kind === name);
  if (kind === undefined) throw new Error(`no kind ${name}`);
  return kind;
};

/** The stub's answer to the kind's prompt, judged as any model's. */
const askStub = async (kind: EnrichmentKind, inputs: EnrichmentInputs) => {
  const { system, user, jsonSchema } = kind.buildPrompt(inputs);
  const reply = await createLanguageModel("stub", {}).generate(
    photoRequest({ system, user, jsonSchema: jsonSchema === null ? null : { ...jsonSchema }, image: null }),
    neverAborted(),
  );
  return judgeReply(kind, inputs, reply.text);
};

const bare: EnrichmentInputs = { scopeId: PHOTO, language: "en" };
const mailOf = (body: string): MailText => ({ subject: "Invitation", body, date: "2026-07-01" });
const inputsOf = (name: string): EnrichmentInputs =>
  name === "event_extract" ? { ...bare, mail: mailOf("We meet on 2026-07-15.") } : (knownInputs[name] ?? bare);

describe.each(allKinds)("$kind", (kind) => {
  test("accepts the stub's answer", async () => {
    const verdict = await askStub(kind, inputsOf(kind.kind));
    expect(verdict).toMatchObject({ verdict: "document", body: { status: "ok" }, repaired: false });
  });

  test("accepts the stub's answer to a prompt without any data", async () => {
    const request = { text: "x", now: "2026-03-04T09:30", timeZone: "UTC", photoTitles: [] };
    const caption = { text: "x", source: "user" } as const;
    const sourceTexts = { sourceLanguage: "auto", targetLanguage: "es" };
    expect(await askStub(kind, { ...bare, request, caption, sourceTexts })).toMatchObject({ verdict: "document" });
  });
});

test.each([
  ["Remind me on 2026-03-04 of the dentist", { intent: "reminder", when: "2026-03-04T09:00" }],
  ["Make an album of Ghent", { intent: "task" }],
  ["Note that this is our first boat", { intent: "general_note" }],
  ["dogs at the sea", { intent: "search", query: "dogs at the sea", filters: { tags: null, source_type: null } }],
])("the intent of %j", async (text, body) => {
  const request = { text, now: "2026-03-01T09:30", timeZone: "UTC", photoTitles: [] };
  expect(await askStub(kindOf("intent"), { ...bare, request })).toMatchObject({ verdict: "document", body });
});

test("a mail with a day is an appointment, quoted word for word", async () => {
  const mail = mailOf("Hello,\n\nthe party is on 2026-07-15, bring cake.\n");
  expect(await askStub(kindOf("event_extract"), { ...bare, mail })).toMatchObject({
    verdict: "document",
    body: {
      status: "ok",
      events: [{ starts_at: "2026-07-15", source_quote: "the party is on 2026-07-15, bring cake." }],
    },
  });
});

test("a day that is not in the calendar is no appointment", async () => {
  const mail = mailOf("Number 2026-13-45");
  expect(await askStub(kindOf("event_extract"), { ...bare, mail })).toMatchObject({ body: { status: "none" } });
});

test("a translation keeps numbers, placeholders and names", async () => {
  const sourceTexts = {
    title: "3 boats of {owner} in Ghent",
    text: "We were 12 people, 3 of them in Ghent.",
    names: ["Ghent"],
    sourceLanguage: "en",
    targetLanguage: "es",
  };
  expect(await askStub(kindOf("translate"), { ...bare, sourceTexts })).toMatchObject({
    verdict: "document",
    body: { language: "es", fields: { summary: null, caption: null } },
  });
});

test("tags with signs of their own are put into the form of tags", async () => {
  const tags = ["Dog / puppy", "Æther (sky)", "***", "b&w"];
  expect(await askStub(kindOf("image_tag"), { ...bare, tags })).toMatchObject({
    verdict: "document",
    body: { tags: ["dog puppy", "æther sky", "b&w"] },
  });
});

const settings = {
  prompt_file: "prompt.txt",
  version: 1,
  role: "curator",
  scope: "photo",
  inputs: ["tags"],
  requires: [],
  output: "json",
  required_sections: [],
  index: false,
  auto: false,
  auto_confirm: false,
} as const;
const source = { name: "house_kind", promptText: "Look at {{tags}}.", defaultTemperature: 0.3 };

test("the limits of a user's own schema are kept", async () => {
  const schema = {
    type: "object",
    properties: {
      short: { type: "string", minLength: 1, maxLength: 5 },
      long: { type: "string", minLength: 200, maxLength: 220 },
      many: { type: "array", items: { type: "string", minLength: 1, maxLength: 12 }, minItems: 6, maxItems: 8 },
      few: { type: "array", items: { type: "string" }, maxItems: 2 },
      stars: { type: "integer" },
      size: { type: "string", enum: ["small", "large"] },
      good: { type: "boolean" },
    },
    required: ["short", "long", "many", "few", "stars", "size", "good"],
  };
  const kind = createUserKind({
    ...source,
    settings: { ...settings, inputs: ["tags"], requires: [], required_sections: [] },
    schemaText: JSON.stringify(schema),
  });
  expect(await askStub(kind, { ...bare, tags: ["dog"] })).toMatchObject({ verdict: "document" });
});

test("a user's own Markdown has its headings", async () => {
  const kind = createUserKind({
    ...source,
    settings: {
      ...settings,
      output: "markdown",
      inputs: ["tags"],
      requires: [],
      required_sections: ["What", "Why so"],
    },
  });
  expect(await askStub(kind, { ...bare, tags: ["dog"] })).toMatchObject({ verdict: "document" });
});
