/** What photon and its encoder hosts say to each other, and what a host can be asked to be. */
import type { ImageTowerSpec } from "./image-tower.ts";
import type { DeviceInUse } from "./inference-session.ts";
import type { ScoreRequest, TagScorerSpec, TermScores } from "./tag-scorer.ts";
import type { TextTowerSpec } from "./text-tower.ts";

/** Item and result of each kind of work. A result is undefined where the graph gave no usable vector. */
export interface HostWork {
  readonly "image-tower": { readonly spec: ImageTowerSpec; readonly item: Uint8Array; readonly result: Float32Array };
  readonly "text-tower": {
    readonly spec: TextTowerSpec;
    readonly item: readonly string[];
    readonly result: readonly (Float32Array | undefined)[];
  };
  readonly "tag-scorer": { readonly spec: TagScorerSpec; readonly item: ScoreRequest; readonly result: TermScores };
}
export type HostKind = keyof HostWork;
export type HostTask<Kind extends HostKind = HostKind> = {
  readonly [Name in Kind]: { readonly kind: Name; readonly spec: HostWork[Name]["spec"] };
}[Kind];

export type HostRequest =
  | { readonly type: "open"; readonly task: HostTask }
  | { readonly type: "run"; readonly run: number; readonly items: readonly unknown[] };

export type HostReply =
  | ({ readonly type: "opened" } & DeviceInUse)
  | { readonly type: "refused"; readonly message: string; readonly hint?: string }
  | { readonly type: "done"; readonly run: number; readonly results: readonly unknown[] }
  | { readonly type: "failed"; readonly run: number; readonly message: string };
