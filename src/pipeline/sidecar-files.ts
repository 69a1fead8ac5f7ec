/** Finds the XMP sidecar beside a photo. Folder listings are kept for a while, so that a folder is listed once. */
import { readdir, readFile, stat } from "node:fs/promises";
import { hashBytes } from "../photo/content-hash.ts";
import { joinPath, nameOf, parentOf } from "../photo/path-bytes.ts";
import { sidecarNames } from "./metadata/sidecar-names.ts";

const LISTINGS_KEPT = 64;
const MAX_SIDECAR_BYTES = 4 * 1024 * 1024;
const HASH_DIGITS = 12;

export interface SidecarFiles {
  /** undefined when there is none; an unreadable one counts as none. */
  readonly read: (photoPath: Buffer) => Promise<Uint8Array | undefined>;
}

/** Short hash that tells two sidecars apart. */
export const sidecarHashOf = (sidecar: Uint8Array | undefined): string | undefined =>
  sidecar === undefined ? undefined : hashBytes(sidecar).slice(0, HASH_DIGITS);

const listXmp = async (folder: Buffer): Promise<ReadonlySet<string>> => {
  try {
    const names = await readdir(folder);
    return new Set(names.filter((name) => name.toLowerCase().endsWith(".xmp")));
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
    const listing = listXmp(folder);
    listings.set(key, listing);
    return listing;
  };
  return {
    read: async (photoPath) => {
      const folder = parentOf(photoPath);
      const listing = await listingOf(folder);
      if (listing.size === 0) return undefined;
      const name = sidecarNames(nameOf(photoPath)).find((candidate) => listing.has(candidate));
      return name === undefined ? undefined : readSidecarFile(joinPath(folder, Buffer.from(name)));
    },
  };
};
