/** What follows from vectors that are new: tags, then their place in the index, then the scores of chance. */
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
}

export interface FollowUps {
  readonly afterRun: ProcessApi["finish"];
  readonly afterSwitch: ModelChangeDeps["afterSwitch"];
}

export const createFollowUps = ({ config, index, nullSets, tagging }: FollowUpDeps): FollowUps => ({
  afterRun: async ({ signal, onProgress }) => {
    const tagged = await tagging.tagWaiting({ signal, ...(onProgress === undefined ? {} : { onProgress }) });
    if (tagged > 0) await index.waitUntilIndexed(() => undefined, signal);
    await nullSets.refresh({ signal, onProgress: (state) => onProgress?.({ phase: "scores", ...state }) });
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
