/**
 * Files beside a photo that belong to it, by their names: XMP of editors (`a.xmp`, `a.jpg.xmp`), JSON of a Google
 * Takeout, AAE of Apple's editor, and the clip of a live or motion photo. Case of the stem counts, of the extension not.
 */

export const SIDECAR_KINDS = ["xmp", "takeout", "aae", "clip"] as const;
export type SidecarKind = (typeof SIDECAR_KINDS)[number];
/** Those that say something about the photo; the others only belong to it. */
export const VALUE_KINDS = ["xmp", "takeout"] as const satisfies readonly SidecarKind[];

export const NO_SIDECARS = "none";

/**
 * Tells the sidecars of two moments apart. Without names, so that a photo that moves with its sidecars stays as it is.
 * @param found in the order of {@link VALUE_KINDS}
 */
export const sidecarSignature = (
  found: readonly { readonly kind: SidecarKind; readonly size: number; readonly mtimeNs: bigint | string }[],
): string =>
  found.length === 0 ? NO_SIDECARS : found.map(({ kind, size, mtimeNs }) => `${kind}:${size}:${mtimeNs}`).join(" ");

const KIND_OF_EXTENSION: Readonly<Record<string, SidecarKind>> = {
  xmp: "xmp",
  json: "takeout",
  aae: "aae",
  mov: "clip",
  mp4: "clip",
  mp: "clip",
};

/** Google cuts names off: with `.json` they have 51 characters, of older exports one less. */
const TAKEOUT_CUT_LENGTHS = [46, 45] as const;
const TAKEOUT_SUFFIX = ".supplemental-metadata";
const EDITED = /-edited$/i;
/** `IMG_1234(1)` */
const NUMBERED = /^(.*)(\(\d+\))$/;

const splitName = (name: string): { readonly stem: string; readonly extension: string } => {
  const dot = name.lastIndexOf(".");
  return dot <= 0 ? { stem: name, extension: "" } : { stem: name.slice(0, dot), extension: name.slice(dot) };
};

/** undefined = the name is none of a sidecar. Whether it has a photo is another question. */
export const sidecarKindOf = (name: string): SidecarKind | undefined =>
  KIND_OF_EXTENSION[splitName(name).extension.slice(1).toLowerCase()];

const withExtensions = (stem: string, ...extensions: readonly string[]): readonly string[] =>
  extensions.flatMap((extension) => [`${stem}.${extension}`, `${stem}.${extension.toUpperCase()}`]);

const xmpNames = (name: string, stem: string): readonly string[] => [
  `${name}.xmp`,
  `${stem}.xmp`,
  `${name}.XMP`,
  `${stem}.XMP`,
];

/** `a.jpg.json`, `a.jpg.supplemental-metadata.json` and everything in between, cut off or not. */
const takeoutNamesOf = (name: string, number: string): readonly string[] => {
  const whole = `${name}${TAKEOUT_SUFFIX}`;
  const lengths = Array.from({ length: TAKEOUT_SUFFIX.length + 1 }, (_, at) => name.length + at);
  return [...new Set([...lengths, ...TAKEOUT_CUT_LENGTHS])]
    .filter((length) => length <= whole.length)
    .map((length) => `${whole.slice(0, length)}${number}.json`);
};

const takeoutNames = (stem: string, extension: string): readonly string[] => {
  const [, unnumbered = stem, number = ""] = NUMBERED.exec(stem) ?? [];
  const named = takeoutNamesOf(`${unnumbered}${extension}`, number);
  const plain = number === "" ? [] : takeoutNamesOf(`${stem}${extension}`, "");
  const unedited = EDITED.test(stem) ? takeoutNames(stem.replace(EDITED, ""), extension) : [];
  return [...named, ...plain, `${stem}.json`, ...unedited];
};

/** `IMG_1234.AAE`, and of the original `IMG_O1234.AAE` or `IMG_1234O.aae`. */
const aaeNames = (stem: string): readonly string[] => [
  ...withExtensions(stem, "aae"),
  ...withExtensions(`${stem}O`, "aae"),
  ...withExtensions(stem.replace(/^([A-Z]{3}_)(?=\d)/, "$1O"), "aae"),
];

/** `PXL_1.MP.jpg` has `PXL_1.MP` beside it, or `PXL_1.MP.mp4`. */
const clipNames = (stem: string): readonly string[] => [
  ...withExtensions(stem, "mov", "mp4"),
  ...(/\.mp$/i.test(stem) ? [stem] : []),
];

/** Names that a sidecar of the photo may have, best first. Names only, no folders. */
export const sidecarNames = (fileName: string, kind: SidecarKind): readonly string[] => {
  const { stem, extension } = splitName(fileName);
  const names = {
    xmp: () => xmpNames(fileName, stem),
    takeout: () => takeoutNames(stem, extension),
    aae: () => aaeNames(stem),
    clip: () => clipNames(stem),
  }[kind]();
  return [...new Set(names)].filter((name) => name !== fileName);
};
