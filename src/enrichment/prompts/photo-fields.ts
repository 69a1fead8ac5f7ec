/** The fields of the data block that several kinds share. */
import type { DocumentContent, EnrichmentInputs } from "../inputs.ts";
import type { DataField, DataValue } from "./data-block.ts";

/** Zero-shot tags a model is told, best first. */
const MAX_KNOWN_TAGS = 15;
/** Characters of a text that a kind is about. */
export const SUBJECT_CAP = 4000;

const whenKnown = <Value>(value: Value | undefined, toField: (value: Value) => DataField): readonly DataField[] =>
  value === undefined ? [] : [toField(value)];

/** The caption as context: its beginning is enough. */
export const captionFields = ({ caption }: EnrichmentInputs): readonly DataField[] =>
  whenKnown(caption, ({ text, source }) => ({ name: "caption", source, value: text }));

/** What the file tells about the photo; only what {@link assembleInputs} has let through is there. */
export const metadataFields = (inputs: EnrichmentInputs): readonly DataField[] => [
  ...whenKnown(inputs.tags, (tags) => ({ name: "tags", source: "zero-shot", value: tags.slice(0, MAX_KNOWN_TAGS) })),
  ...whenKnown(inputs.captureTime, (value) => ({ name: "capture_time", source: "exif", value })),
  ...whenKnown(inputs.place, (value) => ({ name: "place", source: "exif", value })),
  ...whenKnown(inputs.camera, (value) => ({ name: "camera", source: "exif", value })),
  ...whenKnown(inputs.folder, (value) => ({ name: "folder", source: "file", value })),
  ...whenKnown(inputs.fileName, (value) => ({ name: "file_name", source: "file", value })),
];

/** Stored content was JSON once, so it is JSON still. */
const asData = (value: unknown): DataValue => value as DataValue;

/** A document of an earlier kind, field by field: `image_tag.title`. Its status and question are no content. */
const documentFields = (kind: string, content: DocumentContent): readonly DataField[] =>
  Object.entries(content)
    .filter(([name, value]) => name !== "status" && name !== "question" && value !== null && value !== undefined)
    .map(([name, value]) => ({ name: `${kind}.${name}`, source: "llm", value: asData(value) }));

export const allDocumentFields = ({ documents = {} }: EnrichmentInputs): readonly DataField[] =>
  Object.entries(documents).flatMap(([kind, content]) => documentFields(kind, content));
