/** Every check of `photon doctor`, in the order in which they are shown. */
import type { DoctorCheck } from "./check.ts";
import { deviceCheck } from "./device-check.ts";
import { formatCheck } from "./format-check.ts";
import { languageModelCheck } from "./language-model-check.ts";
import { libraryChecks } from "./library-checks.ts";
import { systemChecks, watchChecks } from "./system-checks.ts";

export const doctorChecks: readonly DoctorCheck[] = [
  ...systemChecks,
  ...libraryChecks,
  deviceCheck,
  formatCheck,
  languageModelCheck,
  ...watchChecks,
];
