/** Finds the sidecars beside a photo. Folder listings are kept for a while, so that a folder is listed once. */
import { readdir, readFile, stat } from "node:fs/promises";
import { SECOND } from "../clock.ts";
import { joinPath, nameOf, parentOf } from "../photo/path-bytes.ts";
import { sidecarKindOf, sidecarNames, sidecarSignature, VALUE_KINDS } from "../photo/sidecar-names.ts";
import { defined } from "./metadata/defined.ts";

const LISTINGS_KEPT = 64;
const MAX_SIDECAR_BYTES = 4 * 1024 * 1024;
/** A listing serves that long without a look at the folder: in one that is being filled nearly every look would list it anew. */
const TRUSTED_FOR_MS = 250;
/** Coarsest time of file systems (FAT): what changes within one step does not show. */
const CLOCK_STEP_MS = 2 * SECOND;

/** What the sidecars of a photo hold that say something about it. */
export interface Sidecars {
  readonly xmp?: Uint8Array;
  readonly takeout?: Uint8Array;
  /** See photo/sidecar-names.ts. */
  readonly signature: string;
}

interface FoundSidecar {
  readonly kind: (typeof VALUE_KINDS)[number];
  readonly path: Buffer;
  readonly size: number;
  readonly mtimeNs: bigint;
}

export interface SidecarFiles {
  /** Which sidecars there are, unread. @param places of one photo; the first that has sidecars counts */
  readonly signature: (places: readonly Buffer[]) => Promise<string>;
  readonly read: (places: readonly Buffer[]) => Promise<Sidecars>;
}

const givesValues = (name: string): boolean => VALUE_KINDS.some((kind) => kind === sidecarKindOf(name));

const listSidecars = async (folder: Buffer): Promise<ReadonlySet<string>> => {
  try {
    return new Set((await readdir(folder)).filter(givesValues));
  } catch {
    return new Set(); // the photo itself reports a folder that cannot be read
  }
};

const statSidecar = async (kind: FoundSidecar["kind"], path: Buffer): Promise<FoundSidecar | undefined> => {
  try {
    const found = await stat(path, { bigint: true });
    // Asked before it is opened: opening a pipe waits for whoever writes into it.
    if (!found.isFile() || found.size > MAX_SIDECAR_BYTES) return undefined;
    return { kind, path, size: Number(found.size), mtimeNs: found.mtimeNs };
  } catch {
    return undefined; // gone since it was listed: the photo stands on its own
  }
};

const readBytes = async ({ path }: FoundSidecar): Promise<Uint8Array | undefined> => {
  try {
    return await readFile(path);
  } catch {
    return undefined; // gone since it was listed
  }
};

interface Listing {
  readonly at: number;
  /** Of the folder, before it was listed. */
  readonly changedAt: number;
  readonly names: Promise<ReadonlySet<string>>;
}

const changeTime = async (folder: Buffer): Promise<number> => {
  try {
    return (await stat(folder)).mtimeMs;
  } catch {
    return Number.NaN; // never equal: it is listed, and reported by the photo itself
  }
};

/** Names of the sidecars in a folder; one that changed meanwhile is listed again. */
const createListings = (): ((folder: Buffer) => Promise<ReadonlySet<string>>) => {
  const listings = new Map<string, Listing>();
  return async (folder) => {
    const key = folder.toString("latin1");
    const known = listings.get(key);
    if (known !== undefined && Date.now() - known.at < TRUSTED_FOR_MS) return known.names;
    const changedAt = await changeTime(folder);
    if (known?.changedAt === changedAt && known.at - changedAt > CLOCK_STEP_MS) return known.names;
    if (listings.size >= LISTINGS_KEPT) listings.delete(listings.keys().next().value ?? "");
    const names = listSidecars(folder);
    listings.set(key, { at: Date.now(), changedAt, names });
    return names;
  };
};

export const createSidecarFiles = (): SidecarFiles => {
  const listingOf = createListings();
  const findIn = async (photoPath: Buffer): Promise<readonly FoundSidecar[]> => {
    const folder = parentOf(photoPath);
    const listing = await listingOf(folder);
    if (listing.size === 0) return [];
    const named = VALUE_KINDS.flatMap((kind) => {
      const name = sidecarNames(nameOf(photoPath), kind).find((candidate) => listing.has(candidate));
      return name === undefined ? [] : [statSidecar(kind, joinPath(folder, Buffer.from(name)))];
    });
    return (await Promise.all(named)).filter((found) => found !== undefined);
  };
  const find = async (places: readonly Buffer[]): Promise<readonly FoundSidecar[]> => {
    for (const place of places) {
      const found = await findIn(place);
      if (found.length > 0) return found;
    }
    return [];
  };
  return {
    signature: async (places) => sidecarSignature(await find(places)),
    read: async (places) => {
      const found = await find(places);
      const contents = await Promise.all(
        found.map(async (sidecar) => [sidecar.kind, await readBytes(sidecar)] as const),
      );
      const { xmp, takeout } = Object.fromEntries(contents);
      return { ...defined({ xmp, takeout }), signature: sidecarSignature(found) };
    },
  };
};
