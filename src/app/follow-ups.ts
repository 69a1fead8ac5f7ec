/** What follows from vectors that are new: tags, their place in the index, the scores of chance, matches of watches. */
import type { Config } from "../config.ts";
import type { ProcessApi } from "../pipeline/outcome.ts";
import type { LibraryIndex } from "./library-index.ts";
import type { ModelChangeDeps } from "./model-change.ts";
import type { NullSets } from "./null-sets.ts";
import type { TaggingApi } from "./tagging.ts";

interface FollowUpDeps {
  readonly config: Config;
  readonly index: LibraryIndex;
  readonly nullSets: NullSets;
  readonly tagging: TaggingApi;
  /** Compares new photos with standing watches where no language model does. */
  readonly matchWatches: (signal: AbortSignal) => Promise<void>;
}

export interface FollowUps {
  readonly afterRun: ProcessApi["finish"];
  readonly afterSwitch: ModelChangeDeps["afterSwitch"];
}

export const createFollowUps = ({ config, index, nullSets, tagging, matchWatches }: FollowUpDeps): FollowUps => ({
  afterRun: async ({ signal, onProgress }) => {
    const tagged = await tagging.tagWaiting({ signal, ...(onProgress === undefined ? {} : { onProgress }) });
    if (tagged > 0) await index.waitUntilIndexed(() => undefined, signal);
    await nullSets.refresh({ signal, onProgress: (state) => onProgress?.({ phase: "scores", ...state }) });
    await matchWatches(signal);
  },
  afterSwitch: async ({ signal, onProgress }) => {
    if (config.tagging.enabled) {
      await tagging.retag({
        dryRun: false,
        signal,
        onProgress: ({ phase, done, total }) =>
          onProgress?.({ phase: phase === "bank" ? "vocabulary" : "tagging", done, total, failed: 0 }),
      });
    }
    await index.waitUntilIndexed(() => undefined, signal);
    await nullSets.refresh({ signal });
  },
});
