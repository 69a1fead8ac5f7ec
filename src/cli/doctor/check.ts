/** The contract of one doctor check. Register it in checks.ts. */
import type { CommandContext } from "../command.ts";

export interface Finding {
  /** ok: as it should be. warn: works, with a loss that is named. fail: photon cannot do its job. */
  readonly status: "ok" | "warn" | "fail";
  /** What was found, one sentence. */
  readonly message: string;
  /** What to do about it, one sentence; given unless the status is ok. */
  readonly repair?: string;
}

export interface DoctorCheck {
  /** Stable name for programs, kebab-case. */
  readonly name: string;
  /** As shown to people. */
  readonly title: string;
  /** Changes nothing. An error that it throws is shown as a failure with the error's hint. */
  run(context: CommandContext, signal: AbortSignal): Promise<Finding>;
}
