/** Answers of providers, gathered: they are written once a second, not once a job. */
import type { Clock } from "../clock.ts";
import { SECOND } from "../clock.ts";
import { answered, momentOf } from "./circuit.ts";
import type { ClaimedJob } from "./job-store.ts";
import type { ProviderStore, Success } from "./provider-store.ts";

const NOTE_EVERY_MS = SECOND;

export interface SuccessNotesDeps {
  readonly providers: ProviderStore;
  readonly clock: Clock;
  readonly ceilingOf: (providerKey: string) => number;
}

export class SuccessNotes {
  readonly #deps: SuccessNotesDeps;
  /** The newest of each target and kind. */
  #targets = new Map<string, Success>();
  #counts = new Map<string, number>();
  #notedAt = 0;

  constructor(deps: SuccessNotesDeps) {
    this.#deps = deps;
  }

  add({ providerKey, model, kind, scopeId }: ClaimedJob): void {
    this.#targets.set(`${providerKey} ${model} ${kind}`, { providerKey, model, kind, scopeId });
    this.#counts.set(providerKey, (this.#counts.get(providerKey) ?? 0) + 1);
  }

  async flushWhenDue(isLast: boolean): Promise<void> {
    if (isLast || this.#deps.clock.now() - this.#notedAt >= NOTE_EVERY_MS) await this.flush();
  }

  async flush(): Promise<void> {
    const { providers, clock, ceilingOf } = this.#deps;
    const targets = [...this.#targets.values()];
    const counts = [...this.#counts];
    this.#targets = new Map();
    this.#counts = new Map();
    this.#notedAt = clock.now();
    await providers.noteSuccesses(targets);
    for (const [providerKey, successes] of counts) {
      const moment = await momentOf({ providers, clock }, providerKey, "away");
      await providers.change(providerKey, answered({ ...moment, successes, ceiling: ceilingOf(providerKey) }));
    }
  }
}
