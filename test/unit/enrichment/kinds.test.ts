import { describe, expect, test } from "vitest";
import { applyDocument, confirmsItself } from "../../../src/enrichment/apply-document.ts";
import type { EnrichmentKind } from "../../../src/enrichment/enrichment-kind.ts";
import { judgeReply } from "../../../src/enrichment/judge-reply.ts";
import { checkKindSettings } from "../../../src/enrichment/kind-settings.ts";
import { kinds } from "../../../src/enrichment/kinds.ts";
import { temperatureOf } from "../../../src/enrichment/temperature.ts";
import { bodyOf, confirmed, goodAnswers, inputsOf, judged, kindOf, ready } from "../../support/enrichment.ts";

describe.each(kinds)("$kind", (kind: EnrichmentKind) => {
  test("takes a good answer and turns it into a document that apply understands", () => {
    const body = bodyOf(judged(kind.kind));
    expect(body.status).toBe("ok");
    expect(applyDocument(kind, body, ready)).not.toEqual([]);
    expect(JSON.parse(JSON.stringify(body))).toEqual(body);
  });

  test.each(Object.keys(goodAnswers[kind.kind] ?? {}))("wants %s", (field) => {
    expect(judged(kind.kind, { [field]: undefined }).verdict).toBe("invalid");
  });

  test("wants no other field", () => {
    expect(judged(kind.kind, { extra: 1 })).toMatchObject({ verdict: "invalid", issues: [{ path: "" }] });
  });

  test("looks at the three common fields only when the status is not ok", () => {
    const asking = { status: "needs_clarification", question: "Which dog?", text_in_image: null };
    const body = bodyOf(judgeReply(kind, inputsOf(kind.kind), JSON.stringify(asking)));
    expect(body).toEqual({ ...asking, questions: ["Which dog?"] });
    expect(applyDocument(kind, body, ready)).toEqual([]);
    expect(confirmsItself(kind, body, true)).toBe(false);
  });

  test("a clarification without a question is no answer", () => {
    const reply = JSON.stringify({ status: "needs_clarification", question: null, text_in_image: null });
    expect(judgeReply(kind, inputsOf(kind.kind), reply)).toMatchObject({
      verdict: "invalid",
      issues: [{ path: "question" }],
    });
  });

  test("cannot_process is a refusal", () => {
    const reply = JSON.stringify({ status: "cannot_process", question: null, text_in_image: null });
    expect(judgeReply(kind, inputsOf(kind.kind), reply)).toEqual({ verdict: "refused", subCode: "CANNOT_PROCESS" });
  });

  test("its default temperature is the middle of its range, and others outside are refused", () => {
    const { min, max } = kind.temperature;
    expect(temperatureOf(kind)).toBeCloseTo((min + max) / 2, 10);
    expect(temperatureOf(kind, min)).toBe(min);
    expect(() => temperatureOf(kind, max + 0.1)).toThrow(`enrichment.kinds.${kind.kind}.temperature`);
  });

  test("the same document gives the same changes", () => {
    const body = bodyOf(judged(kind.kind));
    expect(applyDocument(kind, body, confirmed)).toEqual(applyDocument(kind, body, confirmed));
  });
});

test("interactive kinds are stale after five minutes, the others never", () => {
  const stale = kinds.flatMap((kind: EnrichmentKind) => (kind.staleAfterMs === undefined ? [] : [kind.kind]));
  expect(stale).toEqual(["intent", "followup"]);
  expect(kindOf("intent").staleAfterMs).toBe(300_000);
});

test("names are unique and every requirement is a kind", () => {
  const names = kinds.map(({ kind }) => kind);
  expect(new Set(names).size).toBe(names.length);
  expect(
    kinds.flatMap(({ requires }) => requires).every((name) => names.includes(name as (typeof names)[number])),
  ).toBe(true);
});

test.each([
  ["image_tag", { temperature: 0.5 }, "temperature"],
  ["event_extract", { auto_confirm: true }, "auto_confirm"],
  ["image_tag", { language: "no such language" }, "language"],
  ["image_tag", { ab: { "7": 1 } }, "ab"],
])("settings of %s: %o is refused", (name, settings, key) => {
  expect(() => {
    checkKindSettings(kindOf(name), settings as object);
  }).toThrow(`enrichment.kinds.${name}.${key}`);
});

test.each([
  ["image_tag", { temperature: 0.2, auto_confirm: false, language: "de", ab: { "1": 1 } }],
  ["caption_clean", { auto_confirm: true }],
  ["event_extract", { auto_confirm: false }],
])("settings of %s: %o is accepted", (name, settings) => {
  expect(() => {
    checkKindSettings(kindOf(name), settings as object);
  }).not.toThrow();
});
