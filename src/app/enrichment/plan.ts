/** From what somebody asks for to the jobs it takes: which scopes, by which route, and what stays out. */
import { isAbsolute, join } from "node:path";
import type { Catalogue } from "../../catalogue/catalogue.ts";
import type { ScopeState } from "../../catalogue/scope-states.ts";
import type { SubjectText } from "../../catalogue/subject-repository.ts";
import type { EnrichmentKind } from "../../enrichment/enrichment-kind.ts";
import { documentTypeName, parseScope } from "../../enrichment/scope.ts";
import type { SelectionCounts, Wanted } from "../../enrichment/selection.ts";
import { selectScopes } from "../../enrichment/selection.ts";
import { InvalidInputError, NotFoundError } from "../../errors.ts";
import { resolveFolders } from "../../search/filters.ts";
import { resolvePhoto } from "../../search/show-photo.ts";
import type { ConfiguredKind, EnrichmentKinds } from "./kind-types.ts";
import { planEarlier } from "./plan-earlier.ts";
import type { PhotoRoute } from "./photo-routes.ts";
import { ANYWHERE, commonRoute, photoRoutes } from "./photo-routes.ts";
import type { EnrichmentTargets } from "./target-types.ts";

/** What a run is about. Several parts together mean all of them; none means every photo of the library. */
export interface ScopeChoice {
  /** Ids as they are shown, or paths of processed files. */
  readonly photos?: readonly string[];
  /** Absolute folders, or the last names of one. */
  readonly folders?: readonly string[];
  /** Photos of these albums, by id or name. */
  readonly albumPhotos?: readonly string[];
  /** The albums themselves. */
  readonly albums?: readonly string[];
  /** Mails, requests and texts that come from outside, by scope id. */
  readonly texts?: ReadonlyMap<string, SubjectText>;
}

export interface EnrichmentRequest {
  /** Name of the command or tool; executions are listed by it. */
  readonly command: string;
  readonly kind: string;
  /** Of `translate`: BCP 47, one document each. */
  readonly languages?: readonly string[];
  /** Of `translate`: BCP 47; unset = the model finds out. */
  readonly sourceLanguage?: string;
  readonly scopes: ScopeChoice;
  readonly wanted: Wanted;
  /** Most scopes; unset = no limit. */
  readonly limit?: number;
}

export interface PlannedJob {
  readonly kind: string;
  readonly scopeId: string;
  readonly documentType: string;
  readonly route: string;
}

export interface EnrichmentPlan {
  readonly request: EnrichmentRequest;
  readonly kind: ConfiguredKind;
  readonly jobs: readonly PlannedJob[];
  /** Results that the kind builds on and that are not there yet: they are made first. */
  readonly earlier: readonly PlannedJob[];
  /** Over all document types. */
  readonly counts: SelectionCounts;
  /** Of the chosen ones: left out, because only a provider on this machine may see them and there is none. */
  readonly heldBack: number;
  readonly texts: ReadonlyMap<string, SubjectText>;
  /** True when some call sends bytes off this machine. */
  readonly leavesMachine: boolean;
}

export interface PlanDeps {
  readonly catalogue: Catalogue;
  readonly kinds: EnrichmentKinds;
  readonly targets: EnrichmentTargets;
  readonly workingDirectory: string;
}

const NO_COUNTS: SelectionCounts = {
  matching: 0,
  chosen: 0,
  waiting: 0,
  done: 0,
  outdated: 0,
  failed: 0,
  discarded: 0,
};

const added = (left: SelectionCounts, right: SelectionCounts): SelectionCounts => ({
  matching: left.matching + right.matching,
  chosen: left.chosen + right.chosen,
  waiting: left.waiting + right.waiting,
  done: left.done + right.done,
  outdated: left.outdated + right.outdated,
  failed: left.failed + right.failed,
  discarded: left.discarded + right.discarded,
});

const checkKind = ({ kind, isEnabled }: ConfiguredKind): void => {
  if (!isEnabled) {
    throw new InvalidInputError(`Expected a kind that is switched on, received "${kind.kind}".`, {
      hint: `Set llm.features.${kind.kind} = true in the configuration file.`,
    });
  }
};

const checkScopes = ({ kind, scopes }: EnrichmentKind, scopeIds: readonly string[]): void => {
  const wrong = scopeIds.find((scopeId) => !scopes.includes(parseScope(scopeId).type));
  if (wrong === undefined) return;
  throw new InvalidInputError(`Expected ${scopes.join(" or ")} for ${kind}, received ${parseScope(wrong).type}.`, {
    hint: `Choose another kind with --kind, or give ${kind} what it is made for.`,
  });
};

export const findAlbum = async ({ albums }: Catalogue, name: string): Promise<string> => {
  const album = await albums.find(name);
  if (album !== undefined) return album.albumId;
  const names = (await albums.list()).map((known) => known.name);
  throw new NotFoundError(`No album of this library is called "${name}".`, {
    hint: names.length === 0 ? "This library has no albums yet." : `Albums are: ${names.join(", ")}.`,
  });
};

/** Content hashes; undefined = the whole library. */
const chosenPhotos = async (
  { catalogue, workingDirectory }: PlanDeps,
  choice: ScopeChoice,
): Promise<readonly string[] | undefined> => {
  const { photos = [], folders = [], albumPhotos = [], albums = [], texts } = choice;
  if (photos.length + folders.length + albumPhotos.length === 0) {
    return albums.length > 0 || (texts?.size ?? 0) > 0 ? [] : undefined;
  }
  const hashes = new Set<string>();
  for (const photo of photos) {
    const place = isAbsolute(photo) || !/[./\\]/.test(photo) ? photo : join(workingDirectory, photo);
    hashes.add(await resolvePhoto(catalogue.search, place));
  }
  for (const folder of await resolveFolders(catalogue.search, folders)) {
    for (const { contentHash } of await catalogue.administration.photosAt(folder)) hashes.add(contentHash);
  }
  for (const album of albumPhotos) {
    for (const hash of await catalogue.albums.photos(await findAlbum(catalogue, album))) hashes.add(hash);
  }
  return [...hashes];
};

const otherScopes = async (
  { catalogue }: PlanDeps,
  { albums = [], texts }: ScopeChoice,
): Promise<readonly string[]> => {
  const ids: string[] = [];
  for (const album of albums) ids.push(`album:${await findAlbum(catalogue, album)}`);
  return [...ids, ...(texts?.keys() ?? [])];
};

/** Of photos where they lie decides; of other scopes their photos do. */
const scopeRoutes = async (
  { catalogue, kinds }: PlanDeps,
  scopeIds: readonly string[],
  { texts }: ScopeChoice,
): Promise<ReadonlyMap<string, PhotoRoute>> => {
  const photos = scopeIds.filter((scopeId) => parseScope(scopeId).type === "photo");
  const routes = new Map(await photoRoutes(catalogue, kinds, photos));
  for (const scopeId of scopeIds) {
    const { type, id } = parseScope(scopeId);
    const text = texts?.get(scopeId);
    const asked = text?.type === "request" ? text.contentHashes : [];
    const members = type === "album" ? await catalogue.albums.photos(id) : asked;
    if (members.length === 0) continue;
    routes.set(scopeId, commonRoute([...(await photoRoutes(catalogue, kinds, members)).values()]));
  }
  return routes;
};

const documentTypesOf = ({ kind, languages }: EnrichmentRequest): readonly string[] => {
  if (kind !== "translate") return [kind];
  return (languages ?? []).map((language) => documentTypeName({ kind, qualifier: language }));
};

const statesOf = async (
  { executions }: Catalogue,
  documentType: string,
  { photos, others }: { readonly photos: readonly string[] | undefined; readonly others: readonly string[] },
): Promise<readonly ScopeState[]> => [
  ...(photos === undefined || photos.length > 0 ? await executions.photoStates(documentType, photos) : []),
  ...(await executions.otherStates(documentType, others)),
];

/** @throws NotFoundError for unknown ids, folders, albums and kinds; InvalidInputError for scopes the kind is not for */
export const planEnrichment = async (deps: PlanDeps, request: EnrichmentRequest): Promise<EnrichmentPlan> => {
  const { catalogue, kinds, targets } = deps;
  const kind = kinds.get(request.kind);
  checkKind(kind);
  const photos = await chosenPhotos(deps, request.scopes);
  const others = await otherScopes(deps, request.scopes);
  const { promptVersion } = kind.kind;
  let counts = NO_COUNTS;
  const wishes: { readonly scopeId: string; readonly documentType: string }[] = [];
  for (const documentType of documentTypesOf(request)) {
    const states = await statesOf(catalogue, documentType, { photos, others });
    checkScopes(
      kind.kind,
      states.map(({ scopeId }) => scopeId),
    );
    const selection = selectScopes(states, { wanted: request.wanted, promptVersion, limit: request.limit });
    counts = added(counts, selection.counts);
    wishes.push(...selection.scopeIds.map((scopeId) => ({ scopeId, documentType })));
  }
  const routeOf = await scopeRoutes(deps, [...new Set(wishes.map(({ scopeId }) => scopeId))], request.scopes);
  const isReady = targets.availability() === "ready";
  const jobs = wishes.flatMap(({ scopeId, documentType }): readonly PlannedJob[] => {
    const choice = routeOf.get(scopeId) ?? ANYWHERE;
    const route = targets.routeOf(request.kind, choice);
    const isServed = !choice.localOnly || !isReady || targets.chainOf(route).length > 0;
    return isServed ? [{ kind: request.kind, scopeId, documentType, route }] : [];
  });
  const scopeIds = [...new Set(jobs.map(({ scopeId }) => scopeId))];
  const earlier = await planEarlier(deps, kind.kind, scopeIds);
  const routes = new Set([...earlier, ...jobs].map(({ route }) => route));
  return {
    request,
    kind,
    jobs,
    earlier,
    counts,
    heldBack: wishes.length - jobs.length,
    texts: request.scopes.texts ?? new Map<string, SubjectText>(),
    leavesMachine: [...routes].some((route) => targets.chainOf(route).some((model) => model.leavesMachine)),
  };
};
