/** What a door that adds no folders may say about those there are: watched or not, and which new photos to tell of. */
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { AddedRoot } from "../catalogue/root-repository.ts";
import { InvalidInputError } from "../errors.ts";
import { realPathInsideRoots } from "../library/root-gate.ts";
import { isInside } from "../photo/path-bytes.ts";
import type { WatchApi } from "./enrichment/watches.ts";
import type { LibraryGuide } from "./library-guide.ts";

const AGENT = "agent";
const THRESHOLD = 0.7;

export interface WatchFolderRequest {
  /** In a folder of the library. */
  readonly path: string;
  readonly enabled: boolean;
  /** Words that new photos there are compared with. */
  readonly match?: string;
}

export interface WatchedFolder {
  /** Absolute path of the root. */
  readonly path: string;
  /** What the agent says; `off` = it leaves the folder alone, `waiting` = no agent has looked at it yet. */
  readonly mode: "events" | "timed" | "frozen" | "held" | "off" | "waiting";
  readonly matches: readonly string[];
}

export interface WatchedFolders {
  readonly watched: readonly WatchedFolder[];
  /** Files that wait to be worked on. */
  readonly waiting: number;
  readonly isAgentAlive: boolean;
}

export interface WatchFolderApi {
  /** @throws NotFoundError for a path outside of the folders that the user has added */
  readonly watchFolder: (request: WatchFolderRequest) => Promise<WatchedFolders>;
}

interface WatchFolderDeps {
  readonly catalogue: () => Promise<Catalogue>;
  readonly watches: Pick<WatchApi, "add" | "list">;
  readonly guide: Pick<LibraryGuide, "readableRoots">;
}

const modeOf = ({ watch, reported }: AddedRoot): WatchedFolder["mode"] => {
  if (!watch) return "off";
  return reported?.mode ?? "waiting";
};

const watchedFolders = async ({ catalogue, watches }: WatchFolderDeps): Promise<WatchedFolders> => {
  const { roots, todo, leases } = await catalogue();
  const standing = await watches.list();
  const { settle, process } = await todo.counts();
  return {
    watched: (await roots.added()).map((root) => {
      const path = root.path.toString("utf8");
      const matches = standing.filter(({ folder }) => folder !== undefined && isInside(Buffer.from(folder), root.path));
      return { path, mode: modeOf(root), matches: matches.map(({ query }) => query) };
    }),
    waiting: settle + process,
    isAgentAlive: (await leases.holder(AGENT)) !== undefined,
  };
};

const watchFolder = async (
  deps: WatchFolderDeps,
  { path, enabled, match }: WatchFolderRequest,
): Promise<WatchedFolders> => {
  const { roots } = await deps.catalogue();
  const real = await realPathInsideRoots(path, (await deps.guide.readableRoots()).added);
  const root = (await roots.added()).find((added) => isInside(Buffer.from(real), added.path));
  if (root === undefined) {
    throw new InvalidInputError(
      "Expected a folder that was added to the library, received one that is only configured.",
      {
        hint: "The user adds it with photon roots add.",
      },
    );
  }
  await roots.change(root.id, { watch: enabled });
  const isKnown = (await deps.watches.list()).some(({ query, folder }) => query === match && folder === real);
  if (match !== undefined && !isKnown)
    await deps.watches.add({
      name: `${match} (${real})`.slice(0, 100),
      query: match,
      folder: real,
      threshold: THRESHOLD,
      autoAdd: false,
    });
  return watchedFolders(deps);
};

export const createWatchFolderApi = (deps: WatchFolderDeps): WatchFolderApi => ({
  watchFolder: (request) => watchFolder(deps, request),
});
