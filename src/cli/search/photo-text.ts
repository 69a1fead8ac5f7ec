/** Everything known about one photo, as people read it. */
import { formatCaptureTime } from "../../photo/capture-time.ts";
import { foldTagName } from "../../photo/tag-edits.ts";
import type { PhotoMetadata, StoredTag } from "../../photo/types.ts";
import type { PhotoDetails } from "../../search/types.ts";
import { formatBytes, formatTable } from "../terminal.ts";
import type { TextOptions } from "./text.ts";
import { printable, shownPath } from "./text.ts";

const exposureText = ({ iso, aperture, exposureSeconds, focalLengthMm }: PhotoMetadata): string =>
  [
    exposureSeconds === undefined
      ? undefined
      : exposureSeconds >= 1
        ? `${exposureSeconds} s`
        : `1/${Math.round(1 / exposureSeconds)} s`,
    aperture === undefined ? undefined : `f/${aperture}`,
    iso === undefined ? undefined : `ISO ${iso}`,
    focalLengthMm === undefined ? undefined : `${focalLengthMm} mm`,
  ]
    .filter((part) => part !== undefined)
    .join(", ");

const gpsText = ({ gps }: PhotoDetails): string =>
  gps === undefined
    ? ""
    : `${gps.latitude.toFixed(5)},${gps.longitude.toFixed(5)}${gps.altitude === undefined ? "" : `, ${Math.round(gps.altitude)} m`}`;

/** Sources that give tags without a measure. */
const UNMEASURED: Partial<Readonly<Record<StoredTag["provenance"]["source"], string>>> = {
  user: "yours",
  llm: "language model",
};

/** `beach 0.91`, `our garden (yours)`, `surf (language model)` */
const tagText = ({ name, confidence, provenance: { source } }: StoredTag): string => {
  const giver = UNMEASURED[source];
  return giver === undefined ? `${name} ${confidence.toFixed(2)}` : `${name} (${giver})`;
};

/** What a language model says too is told once, with the measure. */
const shownTags = (tags: readonly StoredTag[]): readonly StoredTag[] => {
  const measured = new Set(
    tags.filter(({ provenance }) => provenance.source !== "llm").map(({ name }) => foldTagName(name)),
  );
  return tags.filter(({ name, provenance }) => provenance.source !== "llm" || !measured.has(foldTagName(name)));
};

const descriptionRows = ({
  described,
  story,
  translations,
}: PhotoDetails): readonly (readonly [string, string | undefined])[] => {
  if (described === undefined) return [];
  const { title, description, sourceType, model, confirmed } = described;
  const by = `${model ?? "language model"}${confirmed ? "" : ", not confirmed yet"}`;
  const tagline = story?.["tagline"];
  return [
    ["described as", title],
    ["description", description],
    ["story", typeof tagline === "string" ? tagline : undefined],
    ["sort of picture", sourceType?.toLowerCase()],
    ["translated into", translations === undefined ? undefined : Object.keys(translations).join(", ")],
    ["described by", by],
  ];
};

const SIDECAR_WORDS: Readonly<Record<PhotoDetails["sidecars"][number]["kind"], string>> = {
  xmp: "sidecar",
  takeout: "sidecar",
  aae: "sidecar",
  clip: "clip",
};

/** `IMG_1.CR2 (raw, 3f2a9c01d4e7)`; of a photo that stands back also which one lists show. */
const groupRows = (
  photo: PhotoDetails,
  id: string,
  { workingDirectory }: TextOptions,
): readonly (readonly [string, string | undefined])[] =>
  photo.group
    .filter(({ contentHash }) => contentHash !== photo.contentHash)
    .map(({ contentHash, format, paths, shown }) => {
      const where = paths.map((path) => shownPath(path, workingDirectory)).join(", ");
      return [
        shown ? "shown as" : "together with",
        `${where} (${format}, ${contentHash.slice(0, id.length)})`,
      ] as const;
    });

/** @param id as shown in lists */
export const photoText = (photo: PhotoDetails, id: string, options: TextOptions): string => {
  const { output, workingDirectory } = options;
  const { metadata } = photo;
  const rows: readonly (readonly [string, string | undefined])[] = [
    ["id", output.style("cyan", id)],
    ["content hash", photo.contentHash],
    ...photo.places.map(
      ({ path, online }) =>
        ["file", shownPath(path, workingDirectory) + (online ? "" : output.style("dim", " (offline)"))] as const,
    ),
    ...groupRows(photo, id, options),
    ...photo.sidecars.map(({ kind, path }) => [SIDECAR_WORDS[kind], shownPath(path, workingDirectory)] as const),
    ["picture", `${photo.format}, ${photo.width} x ${photo.height}, ${formatBytes(photo.fileBytes)}`],
    ["taken", photo.capturedAt === undefined ? undefined : formatCaptureTime(photo.capturedAt).replace("T", " ")],
    ["camera", photo.camera],
    ["lens", metadata.lens],
    ["exposure", exposureText(metadata)],
    ["position", gpsText(photo)],
    ["title", photo.title],
    ["caption", photo.caption],
    ["keywords", metadata.keywords?.join(", ")],
    ["tags", shownTags(photo.scoredTags).map(tagText).join(", ")],
    ...descriptionRows(photo),
    ["rating", photo.rating === undefined ? undefined : `${photo.rating}`],
    ["favourite", photo.favourite ? "yes" : undefined],
    ["vectors", photo.vectorKeys.length === 0 ? "none" : photo.vectorKeys.join(", ")],
    ["searchable", photo.indexed ? "yes" : "not yet, the index is behind"],
  ];
  return formatTable(
    rows.flatMap(([name, value]) =>
      value === undefined || value === ""
        ? []
        : [[output.style("dim", name), name === "id" || name === "file" ? value : printable(value)]],
    ),
  );
};
