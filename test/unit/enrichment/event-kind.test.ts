import { describe, expect, test } from "vitest";
import { applyDocument, confirmsItself } from "../../../src/enrichment/apply-document.ts";
import type { EnrichmentInputs } from "../../../src/enrichment/inputs.ts";
import { bodyOf, brokenRules, confirmed, goodAnswers, judged, kindOf, PHOTO, ready } from "../../support/enrichment.ts";

describe("event_extract", () => {
  const event = (changes: object = {}) => ({
    ...(goodAnswers["event_extract"]?.["events"] as readonly object[] | undefined)?.[0],
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
