/** What has become of photos since somebody last asked: the outbox, in words of the library. */
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { StoredEvent } from "../catalogue/event-repository.ts";
import type { CursorScope } from "../search/cursor.ts";
import { decodeCursor, encodeCursor } from "../search/cursor.ts";

export const CHANGE_KINDS = ["added", "moved", "edited", "missing", "restored", "enriched", "matched"] as const;
export type ChangeKind = (typeof CHANGE_KINDS)[number];

export interface PhotoChange {
  readonly contentHash: string;
  readonly kind: ChangeKind;
  /** Milliseconds UTC. */
  readonly at: number;
  /** Of `matched`: what the standing watch is called, and how sure the match is, 0..1. */
  readonly match?: { readonly watch: string; readonly confidence: number };
  /** Of `enriched`: document type, such as `image_tag` or `translate:es`. */
  readonly documentType?: string;
}

export interface ChangesRequest {
  /** Of the answer before; left out = the newest changes, and a cursor to begin with. */
  readonly cursor?: string | undefined;
  /** Empty = all. */
  readonly kinds: readonly ChangeKind[];
  /** 1 or more. */
  readonly limit: number;
}

export interface ChangesReply {
  /** Oldest first. */
  readonly changes: readonly PhotoChange[];
  /** For the next question. It fits whatever kinds are asked for. */
  readonly cursor: string;
  /** There are more behind the cursor. */
  readonly more: boolean;
  /** Changes since the cursor are not kept any more: these are the newest ones. Look at the library anew. */
  readonly reset: boolean;
}

export interface ChangesApi {
  /** @throws InvalidInputError for a cursor of another library, or one that was changed */
  readonly changes: (request: ChangesRequest) => Promise<ChangesReply>;
}

const KINDS: Readonly<Record<string, ChangeKind>> = {
  photo_added: "added",
  photo_moved: "moved",
  photo_edited: "edited",
  photo_missing: "missing",
  photo_restored: "restored",
  llm_image_tag_result: "enriched",
  llm_caption_clean_result: "enriched",
  llm_photo_story_result: "enriched",
  llm_translate_result: "enriched",
  llm_custom_result: "enriched",
  llm_task_match_result: "matched",
};
const PHOTO_SCOPE = /^[0-9a-f]{64}$/;

const typesOf = (kinds: readonly ChangeKind[]): readonly string[] =>
  Object.entries(KINDS).flatMap(([type, kind]) => (kinds.length === 0 || kinds.includes(kind) ? [type] : []));

const matchOf = ({ watch, confidence }: StoredEvent["content"]): NonNullable<PhotoChange["match"]> => ({
  watch: typeof watch === "string" ? watch : "",
  confidence: typeof confidence === "number" ? confidence : 0,
});

/** undefined: it is about an album, a mail or a request. */
const changeOf = ({ type, content, createdAt }: StoredEvent): PhotoChange | undefined => {
  const { scope_id: contentHash, document_type: documentType } = content;
  const kind = KINDS[type];
  if (kind === undefined || typeof contentHash !== "string" || !PHOTO_SCOPE.test(contentHash)) return undefined;
  return {
    contentHash,
    kind,
    at: createdAt,
    ...(kind === "matched" ? { match: matchOf(content) } : {}),
    ...(kind === "enriched" && typeof documentType === "string" ? { documentType } : {}),
  };
};

const changesOf = (events: readonly StoredEvent[]): readonly PhotoChange[] =>
  events.flatMap((event) => changeOf(event) ?? []);

interface Lot {
  readonly changes: readonly PhotoChange[];
  /** Id of the last event that was looked at. */
  readonly until: number;
  readonly more: boolean;
}

/** @param newest id of the newest event there is */
const readAfter = async (
  { events }: Pick<Catalogue, "events">,
  {
    after,
    types,
    limit,
    newest,
  }: {
    readonly after: number;
    readonly types: readonly string[];
    readonly limit: number;
    readonly newest: number;
  },
): Promise<Lot> => {
  const changes: PhotoChange[] = [];
  let until = after;
  for (;;) {
    const wanted = limit - changes.length;
    const lot = await events.read({ after: until, types, limit: wanted + 1 });
    const taken = lot.slice(0, wanted);
    changes.push(...changesOf(taken));
    if (lot.length <= wanted) return { changes, until: Math.max(newest, lot.at(-1)?.id ?? 0), more: false };
    until = taken.at(-1)?.id ?? until;
    if (changes.length === limit) return { changes, until, more: true };
  }
};

const scopeOf = async ({ library }: Pick<Catalogue, "library">): Promise<CursorScope> => ({
  libraryId: await library.id(),
  request: "changes",
  what: "list of changes",
});

const readChanges = async (
  catalogue: Pick<Catalogue, "events" | "library">,
  { cursor, kinds, limit }: ChangesRequest,
): Promise<ChangesReply> => {
  const scope = await scopeOf(catalogue);
  const types = typesOf(kinds);
  const { oldest, newest } = await catalogue.events.bounds();
  const known = cursor === undefined ? undefined : decodeCursor(cursor, scope).offset;
  const cursorAt = (offset: number): string => encodeCursor(scope, { offset, after: "" });
  const isLost = known !== undefined && (known > newest || known + 1 < (oldest ?? newest + 1));
  if (known === undefined || isLost) {
    const changes = changesOf(await catalogue.events.lastOfPhotos(types, limit));
    return { changes, cursor: cursorAt(newest), more: false, reset: isLost };
  }
  const { changes, until, more } = await readAfter(catalogue, { after: known, types, limit, newest });
  return { changes, cursor: cursorAt(until), more, reset: false };
};

export const createChangesApi = (catalogue: () => Promise<Catalogue>): ChangesApi => ({
  changes: async (request) => readChanges(await catalogue(), request),
});
