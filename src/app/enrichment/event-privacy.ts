/** Which events tell of photos that must stay on this machine. */
import type { Catalogue } from "../../catalogue/catalogue.ts";
import type { StoredEvent } from "../../catalogue/event-repository.ts";
import { parseScope } from "../../enrichment/scope.ts";
import type { EnrichmentKinds } from "./kind-types.ts";

export interface EventPrivacyDeps {
  readonly catalogue: Pick<Catalogue, "subjects">;
  readonly kinds: Pick<EnrichmentKinds, "isLocalOnly">;
}

/** Photos that the scope is about; undefined = nobody can tell any more. */
const photosOf = async ({ subjects }: EventPrivacyDeps["catalogue"], scopeId: string) => {
  const { type, id } = parseScope(scopeId);
  switch (type) {
    case "photo":
      return [id];
    case "album":
      return (await subjects.album(id))?.contentHashes;
    case "mail":
      return [];
    case "request": {
      const text = await subjects.text(scopeId);
      return text?.type === "request" ? text.contentHashes : undefined;
    }
    default:
      return type satisfies never;
  }
};

/** A photo that has left the library may have been one of those: it counts as one. */
export const isPrivateEvent = async (
  { catalogue, kinds }: EventPrivacyDeps,
  { content }: Pick<StoredEvent, "content">,
): Promise<boolean> => {
  const { scope_id: scopeId } = content;
  if (typeof scopeId !== "string") return false; // about a provider or a budget
  const photos = await photosOf(catalogue, scopeId);
  if (photos === undefined) return true;
  const files = await catalogue.subjects.files(photos);
  return photos.some(
    (photo) => files.get(photo)?.some(({ root, path, options }) => kinds.isLocalOnly(root, path, options)) ?? true,
  );
};
