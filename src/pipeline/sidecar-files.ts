/** Finds the sidecars beside a photo. Folder listings are kept for a while, so that a folder is listed once. */
import { readdir, readFile, stat } from "node:fs/promises";
import { hashBytes } from "../photo/content-hash.ts";
import { joinPath, nameOf, parentOf } from "../photo/path-bytes.ts";
import { sidecarKindOf, sidecarNames } from "../photo/sidecar-names.ts";

const LISTINGS_KEPT = 64;
const MAX_SIDECAR_BYTES = 4 * 1024 * 1024;
const HASH_DIGITS = 12;

/** What the sidecars of a photo hold that say something about it. */
export interface Sidecars {
  readonly xmp?: Uint8Array;
  readonly takeout?: Uint8Array;
}

export interface SidecarFiles {
  /** undefined when there is none; an unreadable one counts as none. */
  readonly read: (photoPath: Buffer) => Promise<Sidecars | undefined>;
}

/** Short hash that tells the sidecars of two moments apart. */
export const sidecarHashOf = (sidecars: Sidecars | undefined): string | undefined => {
  if (sidecars === undefined) return undefined;
  const parts = [sidecars.xmp, sidecars.takeout].flatMap((part) => (part === undefined ? [] : [hashBytes(part)]));
  const [only = "", ...others] = parts;
  return (others.length === 0 ? only : hashBytes(Buffer.from(parts.join(" ")))).slice(0, HASH_DIGITS);
};

const givesValues = (name: string): boolean => {
  const kind = sidecarKindOf(name);
  return kind === "xmp" || kind === "takeout";
};

const listSidecars = async (folder: Buffer): Promise<ReadonlySet<string>> => {
  try {
    return new Set((await readdir(folder)).filter(givesValues));
  } catch {
    return new Set(); // the photo itself reports a folder that cannot be read
  }
};

const readSidecarFile = async (path: Buffer): Promise<Uint8Array | undefined> => {
  try {
    const found = await stat(path);
    // Asked before it is opened: opening a pipe waits for whoever writes into it.
    return found.isFile() && found.size <= MAX_SIDECAR_BYTES ? await readFile(path) : undefined;
  } catch {
    return undefined; // gone since it was listed: the photo stands on its own
  }
};

export const createSidecarFiles = (): SidecarFiles => {
  const listings = new Map<string, Promise<ReadonlySet<string>>>();
  const listingOf = (folder: Buffer): Promise<ReadonlySet<string>> => {
    const key = folder.toString("latin1");
    const known = listings.get(key);
    if (known !== undefined) return known;
    if (listings.size >= LISTINGS_KEPT) listings.delete(listings.keys().next().value ?? "");
    const listing = listSidecars(folder);
    listings.set(key, listing);
    return listing;
  };
  const readKind = async (photoPath: Buffer, kind: keyof Sidecars): Promise<Uint8Array | undefined> => {
    const folder = parentOf(photoPath);
    const listing = await listingOf(folder);
    if (listing.size === 0) return undefined;
    const name = sidecarNames(nameOf(photoPath), kind).find((candidate) => listing.has(candidate));
    return name === undefined ? undefined : readSidecarFile(joinPath(folder, Buffer.from(name)));
  };
  return {
    read: async (photoPath) => {
      const xmp = await readKind(photoPath, "xmp");
      const takeout = await readKind(photoPath, "takeout");
      if (xmp === undefined && takeout === undefined) return undefined;
      return { ...(xmp === undefined ? {} : { xmp }), ...(takeout === undefined ? {} : { takeout }) };
    },
  };
};
