/** Which stages a photo needs: those whose stored key is not the wanted one, and what they require. */
import type { Stage, StageContext } from "./stage.ts";

/** Stage name to the key its result would be stored under; stages switched off in this run are absent. */
export type StageKeys = ReadonlyMap<string, string>;

/** The metadata stage also reads the sidecars; which they were has a key of its own beside the stages'. */
const SIDECAR = "sidecar";
const SIDECAR_STAGE = "metadata";

/** @param settings what the stage's `key` gives */
export const stageKeyOf = ({ version }: Pick<Stage, "version">, settings: string): string => `${version}/${settings}`;

/** Keys of the stages alone: enough to tell whether a photo whose sidecars were not looked at is current. */
export const wantedKeys = (stages: readonly Stage[], context: StageContext): StageKeys => {
  const keys = new Map<string, string>();
  for (const stage of stages) {
    const settings = stage.key(context);
    if (settings !== undefined) keys.set(stage.name, stageKeyOf(stage, settings));
  }
  return keys;
};

/** @param signature see photo/sidecar-names.ts */
export const withSidecars = (wanted: StageKeys, signature: string): StageKeys =>
  new Map([...wanted, [SIDECAR, signature]]);

export const staleStages = (wanted: StageKeys, stored: StageKeys | undefined): ReadonlySet<string> =>
  new Set(
    [...wanted]
      .filter(([name, key]) => stored?.get(name) !== key)
      .map(([name]) => (name === SIDECAR ? SIDECAR_STAGE : name)),
  );

/** Keys to store for the stages that were done. */
export const keysOf = (done: readonly string[], wanted: StageKeys): StageKeys => {
  const names = done.includes(SIDECAR_STAGE) ? [...done, SIDECAR] : done;
  return new Map(names.flatMap((name) => (wanted.has(name) ? [[name, wanted.get(name) ?? ""] as const] : [])));
};

/**
 * Stages to run, in registry order: the stale ones and, of what they require, those whose results live in memory only.
 */
export const plannedStages = (stages: readonly Stage[], stale: ReadonlySet<string>): readonly Stage[] => {
  const needed = new Set(stale);
  for (const stage of stages.toReversed()) {
    if (!needed.has(stage.name)) continue;
    for (const name of stage.requires) {
      if (stages.find((other) => other.name === name)?.transient === true) needed.add(name);
    }
  }
  return stages.filter((stage) => needed.has(stage.name));
};

/** Problems of a registry, all of them: double names, unknown or later requirements. */
export const registryProblems = (stages: readonly Stage[]): readonly string[] =>
  stages.flatMap((stage, index) => {
    const earlier = new Set(stages.slice(0, index).map(({ name }) => name));
    return [
      ...(earlier.has(stage.name) ? [`Two stages are named "${stage.name}".`] : []),
      ...stage.requires
        .filter((name) => !earlier.has(name))
        .map((name) => `Stage "${stage.name}" requires "${name}", which is not an earlier stage.`),
    ];
  });
