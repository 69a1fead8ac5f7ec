/** By which route a photo is asked about: where its files lie decides. */
import type { Catalogue } from "../../catalogue/catalogue.ts";
import type { EnrichmentKinds } from "./kind-types.ts";
import type { FileOfRoot } from "./root-rules.ts";
import type { RouteChoice } from "./target-types.ts";

/** Photos looked at for their folders at a time. */
const LOT = 500;

export type PhotoRoute = Pick<RouteChoice, "localOnly" | "provider">;

type Rules = Pick<EnrichmentKinds, "isLocalOnly" | "ofRoot">;

/** One file in a private folder is enough; of several providers the first file's is asked. */
export const photoRoute = ({ isLocalOnly, ofRoot }: Rules, files: readonly FileOfRoot[]): PhotoRoute => {
  const [provider] = files.flatMap((file) => ofRoot.providerOf(file) ?? []);
  return {
    localOnly: files.some(({ root, path, options }) => isLocalOnly(root, path, options)),
    ...(provider === undefined ? {} : { provider }),
  };
};

/** Of a scope that no file is known of. */
export const ANYWHERE: PhotoRoute = { localOnly: false };

/** Of several photos that one request is about. */
export const commonRoute = (routes: readonly PhotoRoute[]): PhotoRoute => {
  const [provider] = routes.flatMap((route) => route.provider ?? []);
  return { localOnly: routes.some(({ localOnly }) => localOnly), ...(provider === undefined ? {} : { provider }) };
};

/** Of all files of these photos, in any state. */
export const photoRoutes = async (
  { subjects }: Pick<Catalogue, "subjects">,
  rules: Rules,
  contentHashes: readonly string[],
): Promise<ReadonlyMap<string, PhotoRoute>> => {
  const routes = new Map<string, PhotoRoute>();
  for (let start = 0; start < contentHashes.length; start += LOT) {
    const files = await subjects.files(contentHashes.slice(start, start + LOT));
    for (const [hash, places] of files) routes.set(hash, photoRoute(rules, places));
  }
  return routes;
};

/** Photos that must not leave this machine. */
export const localOnlyPhotos = async (
  catalogue: Pick<Catalogue, "subjects">,
  rules: Rules,
  contentHashes: readonly string[],
): Promise<ReadonlySet<string>> => {
  const routes = await photoRoutes(catalogue, rules, contentHashes);
  return new Set([...routes].flatMap(([hash, { localOnly }]) => (localOnly ? [hash] : [])));
};
