/** All stages, in the order they run. To add one: its file under stages/ and its line here. */
import type { Stage } from "./stage.ts";
import { contentHash } from "./stages/content-hash.ts";
import { decode } from "./stages/decode.ts";
import { embed } from "./stages/embed.ts";
import { embedLarger } from "./stages/embed-larger.ts";
import { metadata } from "./stages/metadata.ts";
import { perceptualHash } from "./stages/perceptual-hash.ts";
import { tag } from "./stages/tag.ts";
import { thumbnail } from "./stages/thumbnail.ts";

export const stages = [
  contentHash,
  metadata,
  decode,
  thumbnail,
  perceptualHash,
  embed,
  embedLarger,
  tag,
] as const satisfies readonly Stage[];
