/** Which kinds are made by themselves and who is asked, as `[[roots]]` and the library's roots say it. */
import { join } from "node:path";
import type { RootOptions } from "../../catalogue/root-repository.ts";
import type { Config, ProviderId, RootSettings } from "../../config.ts";
import { PROVIDER_IDS } from "../../config.ts";
import { comparable, isWithin, spellings } from "./local-only.ts";

/** Where a photo lies. */
export interface FileOfRoot {
  /** Absolute. */
  readonly root: string;
  readonly path: string;
  readonly options: RootOptions;
}

export interface RootRules {
  /** That `[[roots]]` name. */
  readonly kinds: readonly string[];
  /** Kinds that are made by themselves for photos of this root; undefined = those of all photos. */
  readonly kindsOf: (file: FileOfRoot) => readonly string[] | undefined;
  /** Who is asked about photos of this root; undefined = `llm.provider`. */
  readonly providerOf: (file: FileOfRoot) => ProviderId | undefined;
}

const isProvider = (name: string | undefined): name is ProviderId => PROVIDER_IDS.some((id) => id === name);

export const createRootRules = ({ roots }: Pick<Config, "roots">): RootRules => {
  const configured = roots.flatMap((root) =>
    spellings(root.path).map((path) => ({ folder: comparable(path), settings: root })),
  );
  const settingsOf = ({ root, path }: FileOfRoot): RootSettings | undefined => {
    const place = comparable(join(root, path));
    return configured.find(({ folder }) => isWithin(place, folder))?.settings;
  };
  return {
    kinds: roots.flatMap(({ kinds = [] }) => kinds),
    kindsOf: (file) => settingsOf(file)?.kinds ?? file.options.kinds,
    providerOf: (file) => {
      const name = settingsOf(file)?.provider ?? file.options.provider;
      return isProvider(name) ? name : undefined; // the library may be older than a provider that is gone
    },
  };
};
