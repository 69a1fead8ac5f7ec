import { describe, expect, test } from "vitest";
import { applyDocument, confirmsItself } from "../../../src/enrichment/apply-document.ts";
import type { DocumentBody, EnrichmentKind } from "../../../src/enrichment/enrichment-kind.ts";
import type { EnrichmentInputs } from "../../../src/enrichment/inputs.ts";
import { judgeReply, type Verdict } from "../../../src/enrichment/judge-reply.ts";
import { kinds } from "../../../src/enrichment/kinds.ts";
import { joinTranslations, translationParts, untranslated } from "../../../src/enrichment/kinds/translate.ts";
import { watchDocument } from "../../../src/enrichment/kinds/watch-match.ts";
import { temperatureOf } from "../../../src/enrichment/temperature.ts";
import { goodAnswers, knownInputs, PHOTO } from "../../support/enrichment.ts";

const kindOf = (name: string): EnrichmentKind => {
  const kind: EnrichmentKind | undefined = kinds.find((candidate) => candidate.kind === name);
  if (kind === undefined) throw new Error(`no kind ${name}`);
  return kind;
};
const inputsOf = (name: string): EnrichmentInputs => knownInputs[name] ?? { scopeId: PHOTO, language: "en" };
const judged = (name: string, changes: object = {}, inputs = inputsOf(name)): Verdict =>
  judgeReply(kindOf(name), inputs, JSON.stringify({ ...goodAnswers[name], ...changes }));
const brokenRules = (name: string, changes: object, inputs?: EnrichmentInputs): readonly string[] => {
  const verdict = judged(name, changes, inputs);
  return verdict.verdict === "invalid" ? verdict.issues.map(({ path }) => path) : [];
};
const bodyOf = (verdict: Verdict): DocumentBody => {
  if (verdict.verdict !== "document") throw new Error(`expected a document, got ${JSON.stringify(verdict)}`);
  return verdict.body;
};
const ready = { scopeId: PHOTO, confirmed: false, confirmedBefore: false };
const confirmed = { ...ready, confirmed: true };
const text = (length: number): string => "word ".repeat(Math.ceil(length / 5)).slice(0, length - 1) + "x";

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

describe("image_tag", () => {
  test.each([
    ["title", { title: text(100) }, true],
    ["title", { title: text(101) }, false],
    ["title", { title: "   " }, false],
    ["summary", { summary: text(500) }, true],
    ["summary", { summary: text(501) }, false],
    ["summary", { summary: "dog  on a BEACH" }, false],
    ["tags", { tags: ["dog", "sea"] }, false],
    ["tags", { tags: ["dog", "Dog ", " dog"] }, false],
    ["tags", { tags: ["Dog", "dog ", "sea", "beach"] }, true],
    ["tags", { tags: ["a", "b", "c", "d", "e", "A"] }, true],
    ["tags", { tags: ["a", "b", "c", "d", "e", "f"] }, false],
    ["tags[1]", { tags: ["dog", "x".repeat(41), "sea"] }, false],
    ["tags[0]", { tags: ["<b>", "dog", "sea"] }, false],
    ["tags", { tags: ["rock'n'roll", "b&w", "20+", "father-in-law", "été"] }, true],
    ["tags", { tags: ["photo", "picture", "thing"] }, false],
    ["tags", { tags: ["photo", "picture", "dog"] }, true],
    ["source_type", { source_type: "NOTE" }, false],
    ["text_in_image", { text_in_image: text(2000) }, true],
    ["text_in_image", { text_in_image: text(2001) }, false],
    ["summary", { summary: "犬が海辺を元気に走っている様子です" }, false],
  ])("%s of %o", (path, changes, accepted) => {
    const verdict = judged("image_tag", changes);
    expect(verdict.verdict).toBe(accepted ? "document" : "invalid");
    if (!accepted) expect(brokenRules("image_tag", changes)).toEqual([path]);
  });

  test("tags are put into one form before they are counted, and never cut", () => {
    expect(bodyOf(judged("image_tag", { tags: [" Dog", "dog", "SEA ", "blue  sky"] }))).toMatchObject({
      tags: ["dog", "sea", "blue sky"],
    });
  });

  test("titles lose markup and addresses", () => {
    const title = '**Dog** <img src="x"> at https://evil.example/x [beach](http://x.y) javascript:alert(1)';
    expect(bodyOf(judged("image_tag", { title }))).toMatchObject({ title: "Dog at beach" });
  });

  test("replaces its own tags, sends one event and needs no person", () => {
    const kind = kindOf("image_tag");
    const body = bodyOf(judged("image_tag"));
    expect(applyDocument(kind, body, ready)).toEqual([
      {
        change: "set-photo-reading",
        reading: { title: "Dog on a beach", description: "A brown dog runs along the water.", sourceType: "PHOTO" },
      },
      { change: "replace-llm-tags", tags: ["dog", "beach", "sea"] },
      {
        change: "send-event",
        messageType: "llm_image_tag_result",
        content: { title: "Dog on a beach", tags: ["dog", "beach", "sea"] },
      },
    ]);
    expect(applyDocument(kind, body, confirmed).map(({ change }) => change)).toEqual([
      "set-photo-reading",
      "replace-llm-tags",
    ]);
    expect(confirmsItself(kind, body)).toBe(true);
    expect(confirmsItself(kind, body, false)).toBe(false);
  });

  test("what is confirmed stays visible until a newer document is", () => {
    const changes = applyDocument(kindOf("image_tag"), bodyOf(judged("image_tag")), {
      ...ready,
      confirmedBefore: true,
    });
    expect(changes.map(({ change }) => change)).toEqual(["send-event"]);
  });

  test("a person's note of a title alone changes the title alone", () => {
    expect(applyDocument(kindOf("image_tag"), { status: "ok", title: "Rex" }, confirmed)).toEqual([
      { change: "set-photo-reading", reading: { title: "Rex" } },
    ]);
  });

  test("content of another form is refused with a way out", () => {
    expect(() => applyDocument(kindOf("image_tag"), { status: "ok", tags: "dog" }, confirmed)).toThrow("tags");
  });
});

describe("caption_clean", () => {
  test("at most twice as long as the original", () => {
    const original = "teh dog on teh beach".length;
    expect(brokenRules("caption_clean", { text: "x".repeat(2 * original) })).toEqual([]);
    expect(brokenRules("caption_clean", { text: "x".repeat(2 * original + 1) })).toEqual(["text"]);
    expect(brokenRules("caption_clean", { language: "no such language" })).toEqual(["language"]);
  });

  test("says itself whether the text changed", () => {
    expect(bodyOf(judged("caption_clean", { text: "teh dog on  teh beach", changed: true }))).toMatchObject({
      changed: false,
    });
    expect(bodyOf(judged("caption_clean", { changed: false }))).toMatchObject({ changed: true });
  });

  test("takes the place of a person's words only when a person says so, or the setting does", () => {
    const body = bodyOf(judged("caption_clean"));
    expect(confirmsItself(kindOf("caption_clean"), body)).toBe(false);
    expect(confirmsItself(kindOf("caption_clean"), body, true)).toBe(true);
    expect(applyDocument(kindOf("caption_clean"), body, confirmed)).toEqual([
      { change: "set-photo-reading", reading: { enrichedDescription: "The dog on the beach." } },
    ]);
  });
});

test.each([
  [{ tagline: text(81) }, ["tagline"]],
  [{ story: text(1200) }, []],
  [{ story: text(1201) }, ["story"]],
  [{ best_used_for: text(201) }, ["best_used_for"]],
  [{ mood: [] }, ["mood"]],
  [{ mood: ["a", "b", "c", "d", "e", "f"] }, ["mood"]],
  [{ subjects: [] }, ["subjects"]],
  [{ subjects: Array.from({ length: 9 }, (_, index) => `s${index}`) }, ["subjects"]],
  [{ notable_detail: text(201) }, ["notable_detail"]],
  [{ notable_detail: "A leaf." }, []],
])("photo_story with %o", (changes, paths) => {
  expect(brokenRules("photo_story", changes)).toEqual(paths);
});

describe("translate", () => {
  const fields = { title: "Dos perros en {place}", summary: "Rex y Fido el 15 de julio.", caption: null, text: null };
  const withTexts = (texts: object): EnrichmentInputs => ({
    ...inputsOf("translate"),
    sourceTexts: { sourceLanguage: "en", targetLanguage: "es", ...texts },
  });

  test.each([
    ["a number is lost", { ...fields, summary: "Rex y Fido en julio." }, ["fields.summary"]],
    ["a placeholder is lost", { ...fields, title: "Dos perros en {lugar}" }, ["fields.title"]],
    ["a name is translated", { ...fields, summary: "Rey y Fido el 15 de julio." }, ["fields.summary"]],
    ["a field is missing", { ...fields, title: null }, ["fields.title"]],
    ["a field is invented", { ...fields, caption: "Hola" }, ["fields.caption"]],
    ["nothing is translated", { ...fields, summary: "Rex and Fido met on 15 July." }, ["fields.summary"]],
    ["it is in another script", { ...fields, title: "Две собаки на пляже {place}" }, ["fields.title"]],
  ])("%s", (_, changed, paths) => {
    expect(brokenRules("translate", { fields: changed })).toEqual(paths);
  });

  test("the language is the one asked for; regions do not count", () => {
    expect(brokenRules("translate", { language: "es-MX" })).toEqual([]);
    expect(brokenRules("translate", { language: "fr" })).toEqual(["language"]);
  });

  test("at most three times its source, beyond a hundred characters", () => {
    const inputs = withTexts({ text: "a".repeat(50) });
    const answer = (length: number) => ({ fields: { title: null, summary: null, caption: null, text: text(length) } });
    expect(brokenRules("translate", answer(150), inputs)).toEqual([]);
    expect(brokenRules("translate", answer(151), inputs)).toEqual(["fields.text"]);
    expect(brokenRules("translate", answer(100), withTexts({ text: "海" }))).toEqual([]);
    expect(brokenRules("translate", answer(101), withTexts({ text: "海" }))).toEqual(["fields.text"]);
  });

  test("digits may be grouped as the language does", () => {
    const inputs = withTexts({ text: "It cost 1,234.50 in 2024." });
    const answer = (translation: string) => ({
      fields: { title: null, summary: null, caption: null, text: translation },
    });
    expect(brokenRules("translate", answer("Costó 1.234,50 en 2024."), inputs)).toEqual([]);
    expect(brokenRules("translate", answer("Costó 1.243,50 en 2024."), inputs)).toEqual(["fields.text"]);
  });

  test("sets the translated fields of its language", () => {
    expect(applyDocument(kindOf("translate"), bodyOf(judged("translate")), confirmed)).toEqual([
      {
        change: "set-translation",
        language: "es",
        fields: { title: "Dos perros en {place}", summary: "Rex y Fido se conocieron el 15 de julio." },
      },
    ]);
  });

  test("long texts are split between paragraphs and put together again", () => {
    const paragraphs = Array.from({ length: 9 }, (_, index) => `${index}${"lorem ipsum. ".repeat(80)}`);
    const source = `${paragraphs.join("\n\n")}\n`;
    const parts = translationParts(source);
    expect(parts.length).toBeGreaterThan(1);
    expect(parts.every((part) => part.length <= 4000)).toBe(true);
    expect(parts.join("")).toBe(source);
    expect(
      joinTranslations(
        parts,
        parts.map((part) => part.trim()),
      ),
    ).toBe(parts.map((part) => part.trimStart()).join(""));
  });

  test("a paragraph without an end is split at sentences, and characters stay whole", () => {
    expect(translationParts("One two. ".repeat(1000)).every((part) => part.endsWith(". "))).toBe(true);
    const parts = translationParts("😀".repeat(5000));
    expect(parts.join("")).toBe("😀".repeat(5000));
    expect(parts.every((part) => part.isWellFormed())).toBe(true);
  });

  test("what failed for good gives the source back", () => {
    expect(untranslated({ text: "Hello", sourceLanguage: "en", targetLanguage: "es" })).toEqual({
      text: "Hello",
      target_language: "es",
      source_language: "en",
      translated: false,
    });
  });
});

describe("watch_match", () => {
  const match = (id: number, confidence: number) => ({ watch_id: id, confidence, reason: "Seen." });

  test.each([
    [0.7, "none"],
    [0.700001, "ok"],
    [0.69, "none"],
  ])("a confidence of %d is %s", (confidence, status) => {
    expect(bodyOf(judged("watch_match", { matches: [match(7, confidence)] })).status).toBe(status);
  });

  test("the threshold is the watch's own", () => {
    const watches = [{ id: 7, name: "cat", query: "cat", threshold: 0.9, autoAdd: false }];
    expect(watchDocument([{ watchId: 7, confidence: 0.9, reason: "" }], watches).status).toBe("none");
    expect(watchDocument([{ watchId: 7, confidence: 0.91, reason: "" }], watches).status).toBe("ok");
  });

  test("only watches that were offered, each once", () => {
    expect(brokenRules("watch_match", { matches: [match(7, 0.9), match(99, 0.9)] })).toEqual(["matches[1].watch_id"]);
    expect(brokenRules("watch_match", { matches: [match(7, 0.9), match(7, 0.8)] })).toEqual(["matches"]);
    expect(brokenRules("watch_match", { matches: [match(7, 1.1)] })).toEqual(["matches[0].confidence"]);
  });

  test("nothing found is a result without changes that nobody has to confirm", () => {
    const body = bodyOf(judged("watch_match", { matches: [] }));
    expect(body).toEqual({ status: "none" });
    expect(applyDocument(kindOf("watch_match"), body, confirmed)).toEqual([]);
    expect(confirmsItself(kindOf("watch_match"), body, false)).toBe(true);
  });

  test("joins the watch at once and other albums when confirmed", () => {
    const kind = kindOf("watch_match");
    const body = bodyOf(judged("watch_match", { matches: [match(7, 0.9), match(8, 0.8)] }));
    expect(applyDocument(kind, body, ready)).toEqual([
      { change: "join-watch", watchId: 7 },
      {
        change: "send-event",
        messageType: "llm_task_match_result",
        content: { watch_id: 7, watch: "our cat", confidence: 0.9 },
      },
      { change: "join-watch", watchId: 8 },
      {
        change: "send-event",
        messageType: "llm_task_match_result",
        content: { watch_id: 8, watch: "sofas", confidence: 0.8 },
      },
    ]);
    expect(applyDocument(kind, body, confirmed)).toEqual([{ change: "join-album", albumId: "cats" }]);
  });

  test.each([
    [7, false],
    [8, true],
  ])("a match of watch %d confirms itself: %s", (id, expected) => {
    const body = bodyOf(judged("watch_match", { matches: [match(id, 0.9)] }));
    expect(confirmsItself(kindOf("watch_match"), body)).toBe(expected);
  });

  test("auto_add needs no person", () => {
    const watches = [{ id: 7, name: "cat", query: "cat", threshold: 0.7, autoAdd: true, albumId: "cats" }];
    const body = watchDocument([{ watchId: 7, confidence: 0.9, reason: "" }], watches);
    expect(confirmsItself(kindOf("watch_match"), body)).toBe(true);
  });
});

describe("event_extract", () => {
  const event = (changes: object = {}) => ({
    ...(goodAnswers["event_extract"]?.["events"] as readonly object[])[0],
    ...changes,
  });

  test.each([
    [{ starts_at: "2026-03-04" }, ["events[0].starts_at"]],
    [{ starts_at: "2026-02-30T10:00" }, ["events[0].starts_at"]],
    [{ starts_at: "4 March" }, ["events[0].starts_at"]],
    [{ starts_at: "2026-03-04T19:30:00Z" }, ["events[0].starts_at"]],
    [{ starts_at: "2026-03-04", all_day: true }, []],
    [{ starts_at: "2026-03-04T19:30", all_day: true }, ["events[0].starts_at"]],
    [{ ends_at: "2026-03-04T18:30" }, ["events[0].ends_at"]],
    [{ ends_at: "2026-03-04T21:30" }, []],
    [{ timezone: "Europe/Berlin" }, []],
    [{ timezone: "Mars/Olympus" }, ["events[0].timezone"]],
    [{ timezone: "+02:00" }, ["events[0].timezone"]],
    [{ source_quote: "4 March at  19:30" }, []],
    [{ source_quote: "5 March at 19:30" }, ["events[0].source_quote"]],
    [{ title: "" }, ["events[0].title"]],
    [{ confidence: -0.1 }, ["events[0].confidence"]],
  ])("an event with %o", (changes, paths) => {
    expect(brokenRules("event_extract", { events: [event(changes)] })).toEqual(paths);
  });

  test("a quote may stand in the text read in the picture", () => {
    const inputs: EnrichmentInputs = {
      scopeId: PHOTO,
      language: "en",
      image: { width: 10, height: 10 },
      documents: { image_tag: { status: "ok", source_type: "POSTER" } },
    };
    const quoted = { events: [event({ source_quote: "4 March" })] };
    expect(brokenRules("event_extract", { ...quoted, text_in_image: "FESTIVAL\n4\nMarch" }, inputs)).toEqual([]);
    expect(brokenRules("event_extract", quoted, inputs)).toEqual(["events[0].source_quote"]);
  });

  test("at most ten events, and only the sure ones", () => {
    expect(brokenRules("event_extract", { events: Array.from({ length: 11 }, () => event()) })).toEqual(["events"]);
    expect(bodyOf(judged("event_extract", { events: [event({ confidence: 0.7 })] })).status).toBe("none");
    const body = bodyOf(judged("event_extract", { events: [event({ confidence: 0.7 }), event({ confidence: 0.71 })] }));
    expect(body["events"]).toHaveLength(1);
  });

  test("proposes entries; a calendar file needs a person, whatever is configured", () => {
    const kind = kindOf("event_extract");
    const body = bodyOf(judged("event_extract", { events: [event(), event({ title: "Party" })] }));
    const changes = applyDocument(kind, body, ready);
    expect(changes.map(({ change }) => change)).toEqual(["propose-calendar-entries", "send-event", "send-event"]);
    expect(changes[0]).toMatchObject({
      entries: [
        { ordinal: 0, startsAt: "2026-03-04T19:30", allDay: false },
        { ordinal: 1, title: "Party" },
      ],
    });
    expect(changes[1]).toMatchObject({ messageType: "event_confirmation", content: { ordinal: 0, title: "Concert" } });
    expect(confirmsItself(kind, body, true)).toBe(false);
    expect(applyDocument(kind, body, confirmed)).toEqual([{ change: "confirm-calendar-entries", ordinals: [0, 1] }]);
    expect(applyDocument(kind, body, { ...confirmed, chosen: [1] })).toEqual([
      { change: "confirm-calendar-entries", ordinals: [1] },
    ]);
  });

  test.each([
    [{ image_tag: { source_type: "POSTER" } }, true],
    [{ image_tag: { source_type: "DOCUMENT" } }, true],
    [{ image_tag: { source_type: "SCREENSHOT" } }, true],
    [{ image_tag: { source_type: "PHOTO" } }, false],
    [{ image_tag: { source_type: "PHOTO", text_in_image: "Sommerfest am 12. Juli" } }, true],
    [{ image_tag: { source_type: "PHOTO", text_in_image: "le 3 août à Nice" } }, true],
    [{ image_tag: { source_type: "PHOTO", text_in_image: "Sale 12.7. only" } }, true],
    [{ image_tag: { source_type: "PHOTO", text_in_image: "Bread 3.50 each" } }, false],
  ])("is worth a call for a photo with %o: %s", (documents, expected) => {
    expect(kindOf("event_extract").applies?.({ scopeId: PHOTO, language: "en", documents })).toBe(expected);
  });
});

test.each([
  [{ when: "tomorrow" }, ["when"]],
  [{ when: "2026-03-05T09:00" }, []],
  [{ title: text(101) }, ["title"]],
  [{ note: text(501) }, ["note"]],
  [{ intent: "delete" }, ["intent"]],
  [{ confidence: 2 }, ["confidence"]],
])("intent with %o", (changes, paths) => {
  expect(brokenRules("intent", changes)).toEqual(paths);
});

test("filters of an intent are dates in order", () => {
  const filters = { taken_from: "2025-06-01", taken_to: "2025-05-01", tags: null, folder: null, source_type: null };
  expect(brokenRules("intent", { filters })).toEqual(["filters.taken_to"]);
  expect(brokenRules("intent", { filters: { ...filters, taken_to: "summer" } })).toContain("filters.taken_to");
});

test.each([
  [{ question: "Tell me more." }, ["question"]],
  [{ question: null }, ["question"]],
  [{ options: ["a", "b", "c", "d", "e"] }, ["options"]],
  [{ options: [text(81)] }, ["options[0]"]],
  [{ options: [] }, []],
])("followup with %o", (changes, paths) => {
  expect(brokenRules("followup", changes)).toEqual(paths);
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
