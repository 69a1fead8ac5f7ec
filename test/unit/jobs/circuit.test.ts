import { expect, test } from "vitest";
import { MINUTE, SECOND } from "../../../src/clock.ts";
import {
  answered,
  halfOpened,
  halved,
  isProbeDue,
  opened,
  probeFailed,
  probeReturned,
  probeTaken,
} from "../../../src/jobs/circuit.ts";
import type { ProviderChange, ProviderState } from "../../../src/jobs/provider-store.ts";

const NOW = 1_700_000_000_000;
const OWNER = "elsewhere|1|1|me";
const CLOSED: ProviderState = {
  providerKey: "p",
  circuit: "closed",
  unavailableSince: null,
  nextProbeAt: null,
  probeDelayMs: 5000,
  probeOwner: null,
  probeUntil: null,
  concurrency: 3,
  successStreak: 0,
  lastSuccessAt: null,
};

const after = (before: ProviderState, change: ProviderChange | undefined): ProviderState => ({
  ...before,
  ...change?.state,
});

const open = (now: number, retryAfterMs?: number) => opened({ now, waitingJobs: 7, retryAfterMs });

test("the first failure opens the circuit, tells it once, and the first test is due after 5 s", () => {
  const change = open(NOW)(CLOSED);
  expect(change).toMatchObject({
    state: { circuit: "open", unavailableSince: NOW, nextProbeAt: NOW + 5 * SECOND },
    event: { type: "provider_unavailable", content: { provider: "p", since: NOW, waiting_jobs: 7 } },
  });
  expect(open(NOW + 1)(after(CLOSED, change))).toBeUndefined();
});

test("tests come after 5, 10, 20 ... and at most 300 s; the provider's own wish wins when it is longer", () => {
  let state = after(CLOSED, open(NOW)(CLOSED));
  const delays: number[] = [];
  for (let round = 0; round < 9; round += 1) {
    const now = state.nextProbeAt ?? 0;
    state = after(state, probeTaken(OWNER, now)(state));
    state = after(state, probeFailed(OWNER, { now })(state));
    delays.push(((state.nextProbeAt ?? 0) - now) / SECOND);
  }
  expect(delays).toEqual([10, 20, 40, 80, 160, 300, 300, 300, 300]);
  expect(open(NOW, MINUTE)(CLOSED)?.state?.nextProbeAt).toBe(NOW + MINUTE);
});

test("one prober at a time, until its lease ends", () => {
  const state = after(CLOSED, open(NOW)(CLOSED));
  const due = NOW + 5 * SECOND;
  expect(probeTaken(OWNER, due - 1)(state)).toBeUndefined();
  const taken = after(state, probeTaken(OWNER, due)(state));
  expect(taken.probeOwner).toBe(OWNER);
  expect(isProbeDue(taken, due + 5 * MINUTE - 1)).toBe(false);
  expect(isProbeDue(taken, due + 5 * MINUTE)).toBe(true);
  expect(halfOpened("another", due)(taken)).toBeUndefined();
  expect(halfOpened(OWNER, due)(taken)?.state?.circuit).toBe("half_open");
});

test("half-open: a failure doubles the delay without another event, an answer closes and tells it", () => {
  const half: ProviderState = { ...CLOSED, circuit: "half_open", unavailableSince: NOW - MINUTE, probeOwner: OWNER };
  const failed = open(NOW)(half);
  expect(failed).toEqual({
    state: {
      circuit: "open",
      probeDelayMs: 10_000,
      nextProbeAt: NOW + 10 * SECOND,
      probeOwner: null,
      probeUntil: null,
    },
  });
  const closed = answered({ now: NOW, waitingJobs: 2, successes: 0, ceiling: 3 })(half);
  expect(closed).toMatchObject({
    state: { circuit: "closed", unavailableSince: null, probeDelayMs: 5000, probeOwner: null },
    event: { type: "provider_recovered", content: { since: NOW - MINUTE, waiting_jobs: 2 } },
  });
  expect(probeReturned(OWNER, NOW)(half)?.state).toMatchObject({ circuit: "open", nextProbeAt: NOW, probeOwner: null });
});

test("a limit halves the calls at a time, twenty successes add one, never above the ceiling", () => {
  const wide = { ...CLOSED, concurrency: 64 };
  expect(halved(64)(wide).state).toEqual({ concurrency: 32, successStreak: 0 });
  expect(halved(3)(wide).state?.concurrency).toBe(1);
  expect(halved(1)({ ...CLOSED, concurrency: 1 }).state?.concurrency).toBe(1);
  const grow = (before: ProviderState, successes: number, ceiling = 3) =>
    answered({ now: NOW, waitingJobs: 0, successes, ceiling })(before)?.state;
  expect(grow({ ...CLOSED, concurrency: 1 }, 19)).toMatchObject({ concurrency: 1, successStreak: 19 });
  expect(grow({ ...CLOSED, concurrency: 1, successStreak: 19 }, 1)).toMatchObject({ concurrency: 2, successStreak: 0 });
  expect(grow({ ...CLOSED, concurrency: 3, successStreak: 19 }, 1)).toMatchObject({ concurrency: 3 });
  expect(grow(wide, 20)).toMatchObject({ concurrency: 64 }); // a lower ceiling of another worker takes nothing away
});
