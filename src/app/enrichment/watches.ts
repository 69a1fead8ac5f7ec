/**
 * Standing watches meet new photos. The prefilter compares a photo with each watch, by its vector and by its words; the
 * best are offered to a language model. Where there is none, the prefilter alone decides.
 */
import type { Catalogue } from "../../catalogue/catalogue.ts";
import type { Watch } from "../../catalogue/watch-repository.ts";
import { confirmsItself } from "../../enrichment/apply-document.ts";
import type { OfferedWatch } from "../../enrichment/inputs.ts";
import { watchDocument } from "../../enrichment/kinds/watch-match.ts";
import { ConfigError, NotFoundError } from "../../errors.ts";
import type { Logger } from "../../logger.ts";
import type { EnrichmentKinds } from "./kind-types.ts";
import type { EnrichmentTargets } from "./target-types.ts";
import { documentWrite } from "./user-version.ts";
import type { ScoreWatches, ScoringDeps } from "./watch-scoring.ts";
import { createScoring, offered } from "./watch-scoring.ts";

/** Watches that a language model is asked about at most. */
const MAX_OFFERED = 5;
/** Photos compared between two looks at the signal. */
const LOT = 200;
const PREFILTER = "prefilter";

export interface NewStandingWatch {
  readonly name: string;
  /** Left out = the name. */
  readonly query?: string;
  readonly threshold: number;
  /** Name or id; an album that does not exist is made. */
  readonly album?: string;
  readonly autoAdd: boolean;
  /** Absolute folder; set = photos there alone. */
  readonly folder?: string;
}

export interface ListedWatch extends Watch {
  /** Name of the album matches are proposed for. */
  readonly album: string | undefined;
  /** Photos that matched. */
  readonly matches: number;
}

export interface WatchApi {
  /** @throws InvalidInputError when a watch or an album has that name */
  readonly add: (watch: NewStandingWatch) => Promise<ListedWatch>;
  /** Oldest first. */
  readonly list: () => Promise<readonly ListedWatch[]>;
  /** @param watch name or number. @throws NotFoundError */
  readonly remove: (watch: string) => Promise<ListedWatch>;
  /** What a model is asked about for a photo, best first, 5 at most; empty = no watch has anything to do with it. */
  readonly offer: (contentHash: string, signal: AbortSignal) => Promise<readonly OfferedWatch[]>;
  /**
   * Decides without a language model about photos that were compared with no watch yet. Meant for libraries without a
   * provider. May be called again and again, by any process: each photo is decided about once, and where no vector has
   * come since the last call nothing is looked at.
   */
  readonly matchAlone: (signal: AbortSignal) => Promise<MatchedAlone>;
}

/** Photos. */
export interface MatchedAlone {
  readonly compared: number;
  readonly matched: number;
}

export interface WatchDeps extends ScoringDeps {
  readonly kinds: () => Promise<EnrichmentKinds>;
}

/**
 * For the end of a run: the comparison alone, where no language model is configured. Settings of providers that are
 * wrong are the business of runs that use them.
 */
export const matchWithoutProvider =
  ({ watches, targets, logger }: MatchingDeps) =>
  async (signal: AbortSignal): Promise<void> => {
    try {
      if ((await targets()).availability() !== "ready") await watches.matchAlone(signal);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      logger.warn("Standing watches were not compared with new photos.", { reason: error.message });
    }
  };

export interface MatchingDeps {
  readonly watches: Pick<WatchApi, "matchAlone">;
  readonly targets: () => Promise<Pick<EnrichmentTargets, "availability">>;
  readonly logger: Logger;
}

const listed = async ({ albums }: Catalogue, watch: Watch): Promise<ListedWatch> => ({
  ...watch,
  album: watch.albumId === undefined ? undefined : (await albums.find(watch.albumId))?.name,
  matches: (await albums.find(watch.ownAlbumId))?.photos ?? 0,
});

const add = async (catalogue: Catalogue, given: NewStandingWatch): Promise<ListedWatch> => {
  const { name, query = name, threshold, album, autoAdd, folder } = given;
  const known = album === undefined ? undefined : await catalogue.albums.find(album);
  const albumId = album === undefined ? undefined : (known?.albumId ?? (await catalogue.albums.create(album)));
  const watch = {
    name,
    query,
    threshold,
    autoAdd,
    ...(albumId === undefined ? {} : { albumId }),
    ...(folder === undefined ? {} : { folder }),
  };
  return listed(catalogue, await catalogue.watches.add(watch));
};

const remove = async (catalogue: Catalogue, name: string): Promise<ListedWatch> => {
  const watches = await catalogue.watches.active();
  const folded = name.toLowerCase();
  const watch = watches.find((known) => String(known.id) === name || known.name.toLowerCase() === folded);
  if (watch === undefined) {
    throw new NotFoundError(`No standing watch is called "${name}".`, {
      hint: watches.length === 0 ? "There are none." : `There are: ${watches.map((known) => known.name).join(", ")}.`,
    });
  }
  const shown = await listed(catalogue, watch);
  await catalogue.watches.remove(watch.id);
  return shown;
};

interface Comparison {
  readonly deps: WatchDeps;
  readonly score: ScoreWatches;
  readonly watches: readonly Watch[];
  readonly executionId: string;
}

const matchOne = async (contentHash: string, { deps, score, watches, executionId }: Comparison): Promise<boolean> => {
  const { documents } = await deps.catalogue();
  const { kind, autoConfirm } = (await deps.kinds()).get("watch_match");
  const scored = await score(contentHash, watches);
  const matches = scored.map(({ watch, score: confidence }) => ({
    watchId: watch.id,
    confidence,
    reason: "Found by comparing the photo with the words of the watch.",
  }));
  const offers = scored.map(({ watch }) => offered(watch));
  const body = watchDocument(matches, offers);
  const write = documentWrite(kind, body, {
    scopeId: contentHash,
    step: PREFILTER,
    executionId,
    model: PREFILTER,
    autoConfirm: confirmsItself(kind, body, autoConfirm),
  });
  const documentId = await documents.writeFirst(
    { scopeId: contentHash, documentType: kind.kind, kind: kind.kind },
    write,
  );
  return documentId !== undefined && body.status === "ok";
};

const NOTHING: MatchedAlone = { compared: 0, matched: 0 };

/** What was there when everything had been compared. */
interface Known {
  state: string;
}

const matchAlone = async (
  deps: WatchDeps,
  { score, known }: { readonly score: ScoreWatches; readonly known: Known },
  signal: AbortSignal,
): Promise<MatchedAlone> => {
  const { executions, watches: store } = await deps.catalogue();
  const watches = await store.active();
  const model = watches.length === 0 ? undefined : await deps.model();
  if (model === undefined) return NOTHING;
  const state = JSON.stringify([model.vectorKey, await store.newestVector(), watches.map(({ id }) => id)]);
  if (state === known.state) return NOTHING;
  let [compared, matched, after] = [0, 0, ""];
  let executionId: string | undefined;
  for (;;) {
    const photos = await store.uncompared({ vectorKey: model.vectorKey, after, limit: LOT });
    const last = photos.at(-1);
    if (last === undefined) break;
    executionId ??= await executions.start({ command: "watches", kinds: ["watch_match"], filter: {} });
    for (const contentHash of photos) {
      signal.throwIfAborted();
      if (await matchOne(contentHash, { deps, score, watches, executionId })) matched += 1;
      compared += 1;
    }
    after = last;
  }
  if (executionId !== undefined) await executions.settle(executionId);
  known.state = state;
  return { compared, matched };
};

export const createWatchApi = (deps: WatchDeps): WatchApi => {
  const score = createScoring(deps);
  const known: Known = { state: "" };
  return {
    add: async (watch) => add(await deps.catalogue(), watch),
    list: async () => {
      const catalogue = await deps.catalogue();
      return Promise.all((await catalogue.watches.active()).map((watch) => listed(catalogue, watch)));
    },
    remove: async (watch) => remove(await deps.catalogue(), watch),
    offer: async (contentHash, signal) => {
      const watches = await (await deps.catalogue()).watches.active();
      signal.throwIfAborted();
      if (watches.length === 0) return [];
      return (await score(contentHash, watches)).slice(0, MAX_OFFERED).map(({ watch }) => offered(watch));
    },
    matchAlone: (signal) => matchAlone(deps, { score, known }, signal),
  };
};
