/** What happens to photos and their files, as events in the outbox. Part of the transaction in which it happens. */
import type { Kysely } from "kysely";
import { appendEvents, LIBRARY_USER_ID } from "./event-outbox.ts";
import type { CatalogueSchema } from "./schema.ts";

export interface PhotoEvent {
  readonly type: "photo_added" | "photo_moved" | "photo_edited" | "photo_missing" | "photo_restored";
  readonly contentHash: string;
  readonly rootId: number;
  /** Below the root, exact bytes. */
  readonly path: Uint8Array;
  /** moved: where it was, below `fromRootId`. */
  readonly from?: Uint8Array;
  readonly fromRootId?: number;
  /** edited: the content before. */
  readonly before?: string;
}

const text = (path: Uint8Array): string => Buffer.from(path).toString("utf8");

const contentOf = ({ contentHash, rootId, path, from, fromRootId, before }: PhotoEvent) => ({
  scope_id: contentHash,
  root_id: rootId,
  path: text(path),
  ...(from === undefined ? {} : { from: text(from) }),
  ...(fromRootId === undefined || fromRootId === rootId ? {} : { from_root_id: fromRootId }),
  ...(before === undefined ? {} : { before }),
});

export const appendPhotoEvents = (
  database: Kysely<CatalogueSchema>,
  events: readonly PhotoEvent[],
  now: number,
): Promise<void> =>
  appendEvents(
    database,
    events.map((event) => ({ userId: LIBRARY_USER_ID, type: event.type, content: contentOf(event) })),
    now,
  );
