/** Which failures are facts about the file: they are not tried again until the file, the decoder or a limit changes. */
import type { PhotoFailureCode } from "../errors.ts";
import type { Stage, StageContext } from "./stage.ts";

const REMEMBERED = [
  "decode_failed",
  "decode_timeout",
  "unsupported_format",
  "too_large",
  "too_many_pixels",
] as const satisfies readonly PhotoFailureCode[];

export type RememberedFailure = (typeof REMEMBERED)[number];

export const isRemembered = (code: string | undefined): code is RememberedFailure =>
  REMEMBERED.some((remembered) => remembered === code);

/** Names the decoder and the limits a file failed under. */
export const rulesKey = (stages: readonly Stage[], { limits }: StageContext): string => {
  const versions = stages.filter(({ optional }) => !optional).map(({ name, version }) => `${name}${version}`);
  return [...versions, limits.maxFileBytes, limits.maxDimension, limits.maxPixels, limits.timeoutMs].join("/");
};
