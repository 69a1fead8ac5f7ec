/** What happens when a person says yes to something that follows from their own words. */
import type { Catalogue } from "../../catalogue/catalogue.ts";
import type { StoredAction } from "../../catalogue/proposal-repository.ts";
import type { SearchAction } from "../../enrichment/intent-mapping.ts";
import type { EnrichmentKinds } from "./kind-types.ts";
import { documentWrite } from "./user-version.ts";

/** Photos an album is filled with at most, when it is filled by a search. */
const MOST_FOUND = 1000;
const DEFAULT_THRESHOLD = 0.7;

export interface CarryOutDeps {
  readonly catalogue: Catalogue;
  readonly kinds: EnrichmentKinds;
  /** Content hashes of what a search finds well, best first. */
  readonly find: (search: SearchAction, limit: number, signal: AbortSignal) => Promise<readonly string[]>;
  readonly signal: AbortSignal;
}

/** What was done. */
export type Done =
  | { readonly done: "album"; readonly albumId: string; readonly name: string; readonly photos: number }
  | { readonly done: "watch"; readonly watchId: number; readonly name: string }
  | { readonly done: "tags"; readonly tags: readonly string[]; readonly photos: number }
  | { readonly done: "caption"; readonly photos: number };

const fillAlbum = async (
  { catalogue, find, signal }: CarryOutDeps,
  { title, photos, search }: Extract<StoredAction, { readonly action: "propose-album" }>,
): Promise<Done> => {
  const members = search === null ? photos : await find(search, MOST_FOUND, signal);
  const known = await catalogue.albums.find(title);
  const albumId = known?.albumId ?? (await catalogue.albums.create(title));
  return { done: "album", albumId, name: known?.name ?? title, photos: await catalogue.albums.add(albumId, members) };
};

const tagPhotos = async (
  { catalogue }: CarryOutDeps,
  { photos, tags }: Extract<StoredAction, { readonly action: "propose-tags" }>,
): Promise<Done> => {
  for (const name of tags) await catalogue.tags.decide({ contentHashes: photos, name, action: "add" });
  return { done: "tags", tags, photos: photos.length };
};

/** The note is what readers see as the description; the caption in the file stays as it is. */
const describePhotos = async (
  { catalogue, kinds }: CarryOutDeps,
  { photos, text }: Extract<StoredAction, { readonly action: "propose-caption" }>,
): Promise<Done> => {
  const { kind } = kinds.get("caption_clean");
  const executionId = await catalogue.executions.start({ command: "ask", kinds: [kind.kind], filter: {} });
  const body = { status: "ok" as const, text, changed: true };
  for (const scopeId of photos) {
    const write = documentWrite(kind, body, { scopeId, step: "edit", executionId, model: "user" });
    await catalogue.documents.writeVersion({ scopeId, documentType: kind.kind, kind: kind.kind }, write);
  }
  await catalogue.executions.settle(executionId);
  return { done: "caption", photos: photos.length };
};

const watchFor = async ({ catalogue }: CarryOutDeps, query: string): Promise<Done> => {
  const known = (await catalogue.watches.active()).find((watch) => watch.query === query);
  const watch = { name: query, query, threshold: DEFAULT_THRESHOLD, autoAdd: false };
  const { id, name } = known ?? (await catalogue.watches.add(watch));
  return { done: "watch", watchId: id, name };
};

/**
 * Carrying out the same action twice leaves what carrying it out once leaves.
 * @throws InvalidInputError when an album or watch of another sort has the name
 */
export const carryOut = async (deps: CarryOutDeps, action: StoredAction): Promise<Done> => {
  switch (action.action) {
    case "propose-album":
      return fillAlbum(deps, action);
    case "propose-watch":
      return watchFor(deps, action.query);
    case "propose-tags":
      return tagPhotos(deps, action);
    case "propose-caption":
      return describePhotos(deps, action);
    default:
      return action satisfies never;
  }
};
