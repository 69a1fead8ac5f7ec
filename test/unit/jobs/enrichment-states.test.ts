import { expect, test } from "vitest";
import type { EnrichmentAction, StateBefore } from "../../../src/catalogue/enrichment-states.ts";
import { stateAfter } from "../../../src/catalogue/enrichment-states.ts";
import { publicFailure } from "../../../src/catalogue/public-failure.ts";
import { createUlid } from "../../../src/catalogue/transaction.ts";

const STATES: readonly StateBefore[] = [
  "NONE",
  "PENDING",
  "ENRICHING",
  "READY_TO_CONFIRM",
  "CONFIRMED",
  "FAILED",
  "DISCARDED",
];

/** The state after each action, in the order of STATES; `-` = the action does not apply. */
const TABLE: Readonly<Record<EnrichmentAction, string>> = {
  ask: "PENDING PENDING - - - - -",
  redo: "PENDING PENDING - PENDING PENDING PENDING PENDING",
  claim: "- ENRICHING ENRICHING - - - -",
  giveBack: "- - PENDING - - - -",
  complete: "- - READY_TO_CONFIRM - - - -",
  confirm: "- - - CONFIRMED - - -",
  fail: "- FAILED FAILED - - - -",
  discard: Array.from(STATES, () => "DISCARDED").join(" "),
  edit: Array.from(STATES, () => "CONFIRMED").join(" "),
  annotate: Array.from(STATES, () => "READY_TO_CONFIRM").join(" "),
};

test.each(Object.entries(TABLE))("%s", (action, row) => {
  const states = STATES.map((state) => stateAfter(action as EnrichmentAction, state) ?? "-"); // the keys of the table
  expect(states.join(" ")).toBe(row);
});

test("what is stored about a failure is a fixed sentence and the code", () => {
  expect(publicFailure("LLM_VALIDATION_ERROR")).toBe("Invalid request format (LLM_VALIDATION_ERROR).");
  expect(publicFailure("LLM_API_ERROR", "POISON")).toBe("Service temporarily unavailable (LLM_API_ERROR/POISON).");
  expect(publicFailure("WORKER_CRASH")).toBe("Internal processing error (WORKER_CRASH).");
});

test("an unknown code or sub-code, which may be anybody's text, is not stored", () => {
  expect(publicFailure("sk-secret")).toBe("Internal processing error (INTERNAL).");
  expect(publicFailure("toString")).toBe("Internal processing error (INTERNAL).");
  expect(publicFailure("LLM_API_ERROR", "/home/anna/x.jpg")).toBe("Service temporarily unavailable (LLM_API_ERROR).");
});

test("a ULID begins with its time and is another one each time", () => {
  const first = createUlid(0x0123456789ab);
  expect(first).toMatch(/^014D2PF2DB[0-9A-HJKMNP-TV-Z]{16}$/);
  expect(createUlid(0x0123456789ab)).not.toBe(first);
  expect([createUlid(2), createUlid(1)].toSorted()[0]?.startsWith("0000000001")).toBe(true);
});
