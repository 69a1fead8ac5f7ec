/**
 * States of an enrichment (scope and document type), and what leads from one to another:
 *
 *   NONE ──ask──▶ PENDING ──claim──▶ ENRICHING ──complete──▶ READY_TO_CONFIRM ──confirm──▶ CONFIRMED
 *                    ▲                   │ │
 *                    ├──── give back ────┘ └──fail──▶ FAILED       PENDING ──fail──▶ FAILED (waited too long)
 *                    └── redo: from FAILED, READY_TO_CONFIRM, CONFIRMED, DISCARDED
 *   any ──discard──▶ DISCARDED        any ──annotate──▶ READY_TO_CONFIRM        any ──edit──▶ CONFIRMED
 *
 * NONE is the absence of a row. ENRICHING lasts only while a lease is held. A redo keeps the former document until it
 * is replaced.
 */
import type { EnrichmentState } from "./enrichment-schema.ts";

export type StateBefore = EnrichmentState | "NONE";

interface Transition {
  readonly from: readonly StateBefore[];
  readonly to: EnrichmentState;
}

const STORED = [
  "PENDING",
  "ENRICHING",
  "READY_TO_CONFIRM",
  "CONFIRMED",
  "FAILED",
  "DISCARDED",
] as const satisfies readonly EnrichmentState[];

export const TRANSITIONS = {
  ask: { from: ["NONE", "PENDING"], to: "PENDING" },
  redo: { from: ["NONE", "PENDING", "READY_TO_CONFIRM", "CONFIRMED", "FAILED", "DISCARDED"], to: "PENDING" },
  claim: { from: ["PENDING", "ENRICHING"], to: "ENRICHING" },
  giveBack: { from: ["ENRICHING"], to: "PENDING" },
  complete: { from: ["ENRICHING"], to: "READY_TO_CONFIRM" },
  confirm: { from: ["READY_TO_CONFIRM"], to: "CONFIRMED" },
  fail: { from: ["ENRICHING", "PENDING"], to: "FAILED" },
  discard: { from: ["NONE", ...STORED], to: "DISCARDED" },
  edit: { from: ["NONE", ...STORED], to: "CONFIRMED" },
  annotate: { from: ["NONE", ...STORED], to: "READY_TO_CONFIRM" },
} as const satisfies Readonly<Record<string, Transition>>;
export type EnrichmentAction = keyof typeof TRANSITIONS;

/** The state after an action, or undefined where the action does not apply. */
export const stateAfter = (action: EnrichmentAction, before: StateBefore): EnrichmentState | undefined => {
  const { from, to }: Transition = TRANSITIONS[action];
  return from.includes(before) ? to : undefined;
};

/** Stored states an action starts from, for a condition in SQL. */
export const statesBefore = (action: EnrichmentAction): readonly EnrichmentState[] =>
  STORED.filter((state) => stateAfter(action, state) !== undefined);
