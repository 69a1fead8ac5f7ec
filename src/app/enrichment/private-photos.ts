/** Photos that must not leave this machine. */
import type { Catalogue } from "../../catalogue/catalogue.ts";
import type { SubjectFile } from "../../catalogue/subject-repository.ts";
import type { EnrichmentKinds } from "./kind-types.ts";

/** Photos looked at for their folders at a time. */
const LOT = 500;

/** One file in a private folder is enough. */
export const localOnlyPhotos = async (
  { subjects }: Pick<Catalogue, "subjects">,
  { isLocalOnly }: Pick<EnrichmentKinds, "isLocalOnly">,
  contentHashes: readonly string[],
): Promise<ReadonlySet<string>> => {
  const found = new Set<string>();
  const isHeld = ({ root, path }: SubjectFile): boolean => isLocalOnly(root, path);
  for (let start = 0; start < contentHashes.length; start += LOT) {
    const files = await subjects.files(contentHashes.slice(start, start + LOT));
    for (const [hash, places] of files) if (places.some(isHeld)) found.add(hash);
  }
  return found;
};
