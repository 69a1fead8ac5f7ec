import { describe, expect, test } from "vitest";
import { applyDocument, confirmsItself } from "../../../src/enrichment/apply-document.ts";
import { watchDocument } from "../../../src/enrichment/kinds/watch-match.ts";
import { bodyOf, brokenRules, confirmed, judged, kindOf, ready, text } from "../../support/enrichment.ts";

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
