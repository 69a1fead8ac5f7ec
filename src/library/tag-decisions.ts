/** What people decide about tags: giving, refusing, taking a decision back. */
import type { TagRepository } from "../catalogue/tag-repository.ts";
import { InvalidInputError, NotFoundError } from "../errors.ts";
import { foldTagName } from "../photo/tag-edits.ts";
import type { StoredTag, TagSource } from "../photo/types.ts";

export interface DecidedTag {
  /** `photon tag undo` takes it. */
  readonly run: number;
  readonly name: string;
  /** Shown ids of the photos it was decided for. */
  readonly photos: readonly string[];
}

export interface TagsOfPhoto {
  readonly id: string;
  readonly contentHash: string;
  /** People's first, then the models', best first. */
  readonly tags: readonly StoredTag[];
}

export interface UndoneTagRun {
  readonly run: number;
  readonly source: TagSource;
  /** Photos whose tags changed. */
  readonly photos: number;
}

export interface TagDecisions {
  /** @param photos ids or absolute paths */
  readonly addTag: (photos: readonly string[], name: string) => Promise<DecidedTag>;
  /** The tag goes and stays away, whatever a model says later. NotFoundError when no photo of them has it. */
  readonly removeTag: (photos: readonly string[], name: string) => Promise<DecidedTag>;
  readonly tagsOf: (photo: string) => Promise<TagsOfPhoto>;
  readonly undoTagRun: (run: number) => Promise<UndoneTagRun>;
}

export interface TagDecisionDeps {
  readonly tags: TagRepository;
  /** Content hash of the photo with this id or absolute path. NotFoundError when there is none. */
  readonly resolve: (photo: string) => Promise<string>;
  readonly shownIds: (contentHashes: readonly string[]) => readonly string[];
}

const LONGEST_NAME = 100;

/** @throws InvalidInputError */
const checkedTagName = (name: string): string => {
  const clean = name.normalize("NFC").replace(/\s+/gu, " ").trim();
  if (clean.length >= 1 && clean.length <= LONGEST_NAME && !/\p{C}/u.test(clean)) return clean;
  throw new InvalidInputError(
    `Expected a tag of 1 to ${LONGEST_NAME} printable characters, received ${JSON.stringify(name)}.`,
  );
};

const resolveAll = async ({ resolve }: TagDecisionDeps, photos: readonly string[]): Promise<readonly string[]> => {
  const hashes: string[] = [];
  for (const photo of photos) hashes.push(await resolve(photo));
  return [...new Set(hashes)];
};

const removeTag = async (deps: TagDecisionDeps, photos: readonly string[], given: string): Promise<DecidedTag> => {
  const { tags, shownIds } = deps;
  const name = checkedTagName(given);
  const hashes = await resolveAll(deps, photos);
  const shown = await tags.shown(hashes);
  const having = hashes.filter((hash) => shown.get(hash)?.some((tag) => foldTagName(tag.name) === foldTagName(name)));
  if (having.length === 0) {
    throw new NotFoundError(
      `Expected a tag that ${hashes.length === 1 ? "the photo has" : "one of the photos has"}, received "${name}".`,
      { hint: '"photon tag list <photo>" shows the tags of a photo. Keywords in the file itself are not changed.' },
    );
  }
  return { run: await tags.decide({ contentHashes: having, name, action: "remove" }), name, photos: shownIds(having) };
};

const undoTagRun = async ({ tags }: TagDecisionDeps, run: number): Promise<UndoneTagRun> => {
  const known = await tags.run(run);
  if (known === undefined || known.undone) {
    throw new NotFoundError(
      `Expected a run that wrote tags, received ${run}${known === undefined ? "" : ", which was undone"}.`,
      {
        hint: '"photon tag list <photo>" shows the run of each tag.',
      },
    );
  }
  return { run, source: known.source, photos: await tags.undo(run) };
};

export const createTagDecisions = (deps: TagDecisionDeps): TagDecisions => ({
  addTag: async (photos, given) => {
    const name = checkedTagName(given);
    const contentHashes = await resolveAll(deps, photos);
    const run = await deps.tags.decide({ contentHashes, name, action: "add" });
    return { run, name, photos: deps.shownIds(contentHashes) };
  },
  removeTag: (photos, name) => removeTag(deps, photos, name),
  tagsOf: async (photo) => {
    const contentHash = await deps.resolve(photo);
    const [id = contentHash] = deps.shownIds([contentHash]);
    return { id, contentHash, tags: (await deps.tags.shown([contentHash])).get(contentHash) ?? [] };
  },
  undoTagRun: (run) => undoTagRun(deps, run),
});
