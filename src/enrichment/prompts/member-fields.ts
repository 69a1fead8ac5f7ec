/** The photos of an album in a prompt, told by their documents: title, tags and date before summaries. */
import type { AlbumMember, EnrichmentInputs } from "../inputs.ts";
import type { DataField } from "./data-block.ts";

/** Photos that an album is told by. */
const MAX_MEMBERS = 12;

const fieldsOf = ({ title, tags, date, summary }: AlbumMember, index: number): readonly DataField[] => {
  const name = `photo_${index + 1}`;
  return [
    { name: `${name}.title`, source: "llm", value: title },
    { name: `${name}.tags`, source: "llm", value: tags },
    ...(date === undefined ? [] : [{ name: `${name}.date`, source: "exif" as const, value: date }]),
    ...(summary === undefined ? [] : [{ name: `${name}.summary`, source: "llm" as const, value: summary }]),
  ];
};

export const memberFields = ({ members = [] }: EnrichmentInputs): readonly DataField[] =>
  members.slice(0, MAX_MEMBERS).flatMap(fieldsOf);
