/** What people decided about the tags of a photo, and how it goes with what a model found. */
import type { ScoredTag } from "./types.ts";

/** Decisions about one photo; the newest about each name counts. */
export interface TagEdits<Tag extends ScoredTag = ScoredTag> {
  /** Given by people, oldest first. */
  readonly added: readonly Tag[];
  /** Folded names that people decided about, either way: no model's tag of that name is shown. */
  readonly decided: ReadonlySet<string>;
}

/** Tags are the same when their folded names are. */
export const foldTagName = (name: string): string => name.normalize("NFC").toLowerCase();

/** People's tags first, then what a model found and nobody decided about. */
export const withTagEdits = <Tag extends ScoredTag>(
  found: readonly Tag[],
  edits: TagEdits<Tag> | undefined,
): readonly Tag[] =>
  edits === undefined ? found : [...edits.added, ...found.filter(({ name }) => !edits.decided.has(foldTagName(name)))];
