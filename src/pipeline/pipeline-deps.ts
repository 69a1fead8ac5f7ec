/** What a run of the pipeline is made of; built by the composition root. */
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { Clock } from "../clock.ts";
import type { Logger } from "../logger.ts";
import type { RenditionStore } from "../photo/rendition-store.ts";
import type { Stage, StageContext } from "./stage.ts";

/** The library a run stores into; absent with `--no-store`. */
export interface PipelineLibrary {
  readonly catalogue: Pick<Catalogue, "files" | "photos" | "roots" | "sidecars">;
  readonly renditions: RenditionStore;
  /** Names this run on the tags it writes. */
  readonly runToken: string;
  /** Called after each commit that left marks for the index. */
  readonly onCommitted: () => void;
}

export interface PipelineDeps {
  readonly stages: readonly Stage[];
  readonly context: StageContext;
  readonly library: PipelineLibrary | undefined;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Photos of one catalogue commit, at most. */
  readonly commitBatch: number;
  /** Sources that may wait for a worker. */
  readonly bufferSize: number;
}
