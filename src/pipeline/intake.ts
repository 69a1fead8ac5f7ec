/**
 * The intake of a run: looks each source up and decides. Unchanged and current: reported from the catalogue at once.
 * Known to be bad under the same rules: reported again. Held by another process (or its root moved): kept aside and asked for again.
 * Everything else is claimed and handed on.
 */
import { stat } from "node:fs/promises";
import type { FileStat, KnownFile } from "../catalogue/file-repository.ts";
import { CRASH_LIMIT, isSameStat } from "../catalogue/file-repository.ts";
import { enclosingRoot } from "../catalogue/root-repository.ts";
import type { Root } from "../catalogue/root-repository.ts";
import { isInside, parentOf, relativeTo } from "../photo/path-bytes.ts";
import type { PhotoFailure, PhotoSource } from "../photo/types.ts";
import type { ProcessOptions, ProcessOutcome } from "./outcome.ts";
import type { WorkItem } from "./photo-work.ts";
import type { PipelineDeps, PipelineLibrary } from "./pipeline-deps.ts";
import { lostStages, readParts, storedPhoto } from "./read-back.ts";
import { isRemembered, rulesKey } from "./failure-rules.ts";
import type { StageKeys } from "./stage-plan.ts";
import type { SidecarFiles } from "./sidecar-files.ts";
import { placesWith } from "./copies.ts";
import { staleStages, wantedKeys, withSidecars } from "./stage-plan.ts";

/** Files claimed in one transaction. */
const CLAIM_BATCH = 16;

export interface IndexedSource {
  readonly index: number;
  readonly source: PhotoSource;
}

export type Settled =
  | { readonly kind: "outcome"; readonly outcome: ProcessOutcome }
  | { readonly kind: "work"; readonly item: WorkItem }
  | { readonly kind: "crashed"; readonly item: WorkItem; readonly failure: PhotoFailure }
  | { readonly kind: "held"; readonly source: IndexedSource };

export interface Intake {
  /** Decides about each source, in order. */
  readonly settle: (sources: readonly IndexedSource[]) => AsyncIterable<Settled>;
}

interface Candidate extends IndexedSource {
  readonly rootId: number;
  readonly path: Buffer;
  readonly stat: FileStat;
}

const CRASH_MESSAGE =
  "photon ended unexpectedly each time it worked on this file alone, so the file is set aside. Try again with: photon quarantine retry";

const statOf = async (source: PhotoSource): Promise<FileStat | undefined> => {
  try {
    const { size, mtimeNs, ctimeNs, ino } = await stat(source.absolutePath, { bigint: true });
    return { size: Number(size), mtimeNs, ctimeNs, inode: ino };
  } catch {
    return undefined; // reading the file reports what is wrong with it
  }
};

const UNKNOWN_STAT: FileStat = { size: 0, mtimeNs: 0n, ctimeNs: 0n, inode: 0n };

/** Where files outside of every root are put: the folder that was named; behind a link that leads out, the file's own. */
const folderToVisit = ({ absolutePath, rootPath }: PhotoSource): Buffer =>
  isInside(absolutePath, rootPath) && absolutePath.length > rootPath.length ? rootPath : parentOf(absolutePath);

/** Roots around all of the sources, looked up anew each time: another process may have put a root around one of ours. */
const rootsAround = async (
  { catalogue: { roots } }: PipelineLibrary,
  sources: readonly IndexedSource[],
): Promise<readonly Root[]> => {
  let known = await roots.list();
  for (const { source } of sources) {
    if (enclosingRoot(known, source.absolutePath) !== undefined) continue;
    await roots.visit(folderToVisit(source));
    known = await roots.list(); // the new root may have absorbed others
  }
  return known;
};

/** What every step of one intake needs. */
interface IntakeRun {
  readonly deps: PipelineDeps;
  readonly library: PipelineLibrary;
  readonly options: ProcessOptions;
  readonly sidecars: SidecarFiles;
  /** Keys of the stages alone, see stage-plan.ts. */
  readonly wanted: StageKeys;
  /** See failure-rules.ts. */
  readonly rules: string;
}

const candidatesOf = async (
  library: PipelineLibrary,
  sources: readonly IndexedSource[],
): Promise<readonly Candidate[]> => {
  const known = await rootsAround(library, sources);
  return Promise.all(
    sources.map(async ({ index, source }) => {
      const root =
        enclosingRoot(known, source.absolutePath) ?? (await library.catalogue.roots.visit(folderToVisit(source)));
      const path = relativeTo(root.path, source.absolutePath);
      return { index, source, rootId: root.id, path, stat: (await statOf(source)) ?? UNKNOWN_STAT };
    }),
  );
};

/** File rows of candidates that have not changed since they were last worked on. */
const findUnchanged = async (
  { library }: IntakeRun,
  candidates: readonly Candidate[],
): Promise<ReadonlyMap<Candidate, KnownFile>> => {
  const unchanged = new Map<Candidate, KnownFile>();
  for (const rootId of new Set(candidates.map((candidate) => candidate.rootId))) {
    const inRoot = candidates.filter((candidate) => candidate.rootId === rootId);
    const byPath = new Map(inRoot.map((candidate) => [candidate.path.toString("latin1"), candidate]));
    const paths = inRoot.map(({ path }) => path);
    for (const file of await library.catalogue.files.find(rootId, paths)) {
      const candidate = byPath.get(file.path.toString("latin1"));
      // Size and times do not tell everything: scans also have files read whose stat is the same.
      if (file.todo === "process" || candidate === undefined) continue;
      if (isSameStat(candidate.stat, file.stat)) unchanged.set(candidate, file);
    }
  }
  return unchanged;
};

const rememberedFailures = (
  { rules }: IntakeRun,
  unchanged: ReadonlyMap<Candidate, KnownFile>,
): readonly ProcessOutcome[] =>
  [...unchanged].flatMap(([{ index, source }, { state, reason, reasonKey, reasonMessage }]) =>
    state === "quarantined" && reasonKey === rules && isRemembered(reason)
      ? [{ status: "failed", index, source, failure: { code: reason, message: reasonMessage ?? "" } }]
      : [],
  );

/** Current photos: left out when the consumer has them already, else read back. */
const currentPhotos = async (
  run: IntakeRun,
  unchanged: ReadonlyMap<Candidate, KnownFile>,
): Promise<readonly ProcessOutcome[]> => {
  const { library, options, sidecars, wanted } = run;
  const withContent = [...unchanged].flatMap(([candidate, { state, contentHash }]) =>
    state === "present" && contentHash !== undefined ? [{ candidate, contentHash }] : [],
  );
  const hashes = [...new Set(withContent.map((file) => file.contentHash))];
  const stored = await library.catalogue.photos.stageKeys(hashes);
  const forgotten = await library.catalogue.photos.forgottenAmong(hashes);
  const places = await library.catalogue.sidecars.places(hashes);
  const outcomes: ProcessOutcome[] = [];
  const toRead: ContentPlace[] = [];
  for (const { candidate, contentHash } of withContent) {
    const { index, source } = candidate;
    if (forgotten.has(contentHash) && source.named !== true) {
      outcomes.push({ status: "unchanged", index, source, contentHash });
      continue;
    }
    const keys = stored.get(contentHash);
    if (keys === undefined || staleStages(wanted, keys).size > 0) continue;
    if (options.skip?.(source, contentHash) === true) {
      outcomes.push({ status: "unchanged", index, source, contentHash });
      continue;
    }
    const signature = await sidecars.signature(placesWith(source.absolutePath, places.get(contentHash)));
    if (staleStages(withSidecars(wanted, signature), keys).size === 0) toRead.push({ candidate, contentHash });
  }
  return [...outcomes, ...(await readBack(run, toRead))];
};

interface ContentPlace {
  readonly candidate: Candidate;
  readonly contentHash: string;
}

const readBack = async (
  { deps, library, wanted }: IntakeRun,
  places: readonly ContentPlace[],
): Promise<readonly ProcessOutcome[]> => {
  if (places.length === 0) return [];
  const hashes = [...new Set(places.map(({ contentHash }) => contentHash))];
  const parts = await readParts(library, hashes, wanted, deps.context);
  return places.flatMap(({ candidate: { index, source }, contentHash }): readonly ProcessOutcome[] => {
    const found = parts.get(contentHash);
    if (found === undefined || lostStages(found, wanted).length > 0) return []; // must be made again
    const photo = storedPhoto(found, deps.context);
    return [{ status: "done", index, source, photo, failures: [], ran: [], reused: true }];
  });
};

const claimAll = async function* ({ library }: IntakeRun, candidates: readonly Candidate[]): AsyncIterable<Settled> {
  for (let start = 0; start < candidates.length; start += CLAIM_BATCH) {
    const batch = candidates.slice(start, start + CLAIM_BATCH);
    const claims = await library.catalogue.files.claim(batch);
    for (const [position, { index, source, stat: found }] of batch.entries()) {
      const claim = claims[position];
      const item: WorkItem = { index, source, stat: found, claim };
      if (claim === undefined) yield { kind: "held", source: { index, source } };
      else if (claim.crashes < CRASH_LIMIT) yield { kind: "work", item };
      else yield { kind: "crashed", item, failure: { code: "decode_failed", message: CRASH_MESSAGE } };
    }
  }
};

export const createIntake = (
  deps: PipelineDeps,
  library: PipelineLibrary,
  options: ProcessOptions,
  sidecars: SidecarFiles,
): Intake => {
  const run: IntakeRun = {
    deps,
    library,
    options,
    sidecars,
    wanted: wantedKeys(deps.stages, deps.context),
    rules: rulesKey(deps.stages, deps.context),
  };
  return {
    settle: async function* (sources) {
      const candidates = await candidatesOf(library, sources);
      const unchanged = options.force ? new Map<Candidate, KnownFile>() : await findUnchanged(run, candidates);
      const outcomes = [...rememberedFailures(run, unchanged), ...(await currentPhotos(run, unchanged))];
      for (const outcome of outcomes) yield { kind: "outcome", outcome };
      const settled = new Set(outcomes.map(({ index }) => index));
      yield* claimAll(
        run,
        candidates.filter(({ index }) => !settled.has(index)),
      );
    },
  };
};
