/** All kinds of a library: photon's and the user's, looked up by name, with what they require checked. */
import { ConfigError, NotFoundError } from "../errors.ts";
import type { EnrichmentKind } from "./enrichment-kind.ts";
import { kinds } from "./kinds.ts";

export interface KindRegistry {
  readonly all: readonly EnrichmentKind[];
  /** @throws NotFoundError that names those there are */
  readonly get: (name: string) => EnrichmentKind;
}

type Kinds = ReadonlyMap<string, EnrichmentKind>;

/** @returns the names of a circle of requirements, the first of them again at its end */
const circleFrom = (name: string, all: Kinds, way: readonly string[] = []): readonly string[] | undefined => {
  if (way.includes(name)) return [...way.slice(way.indexOf(name)), name];
  for (const required of all.get(name)?.requires ?? []) {
    const circle = circleFrom(required, all, [...way, name]);
    if (circle !== undefined) return circle;
  }
  return undefined;
};

const checkRequirements = ({ kind, requires }: EnrichmentKind, all: Kinds): void => {
  const key = `enrichment.kinds.${kind}.requires`;
  const unknown = requires.find((name) => !all.has(name));
  if (unknown !== undefined) {
    throw new ConfigError(`Expected kinds among ${[...all.keys()].join(", ")} for ${key}, received "${unknown}".`, {
      hint: `Correct the name in ${key}, or define a kind of that name.`,
    });
  }
  const circle = circleFrom(kind, all);
  if (circle !== undefined) {
    throw new ConfigError(`Expected ${key} to lead to an end, received a circle: ${circle.join(" > ")}.`, {
      hint: `Take one of these kinds out of ${key}.`,
    });
  }
};

/** @throws ConfigError when a user's kind has the name of another, or requires what is not there */
export const createKindRegistry = (userKinds: readonly EnrichmentKind[] = []): KindRegistry => {
  const all = new Map<string, EnrichmentKind>(kinds.map((kind) => [kind.kind, kind]));
  for (const kind of userKinds) {
    if (all.has(kind.kind)) {
      throw new ConfigError(`Expected different names under enrichment.kinds, received "${kind.kind}" twice.`, {
        hint: "Choose another name for one of the two kinds.",
      });
    }
    all.set(kind.kind, kind);
  }
  for (const kind of userKinds) checkRequirements(kind, all);
  return {
    all: [...all.values()],
    get: (name) => {
      const kind = all.get(name);
      if (kind !== undefined) return kind;
      throw new NotFoundError(`Expected a kind among ${[...all.keys()].join(", ")}, received "${name}".`, {
        hint: "Kinds of your own are defined under enrichment.kinds in the configuration file.",
      });
    },
  };
};
