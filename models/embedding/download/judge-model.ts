/** Runs the self-test of a model folder and writes its result beside the model: one that failed is not selectable. */
import { join } from "node:path";
import { writeFileAtomically } from "../atomic-file.ts";
import type { InstalledModel } from "../installed-models.ts";
import { openModelFolder } from "../installed-models.ts";
import type { SelfTestResult } from "../model-folder.ts";
import { SELF_TEST_FILE } from "../model-folder.ts";
import type { SelfTestReport } from "../self-test.ts";

export type JudgeReport = Pick<SelfTestReport, "problems" | "checks" | "millisecondsPerImage">;
export type Judge = (model: InstalledModel, signal: AbortSignal) => Promise<JudgeReport>;

export const judgeModel = async (directory: string, judge: Judge, signal: AbortSignal): Promise<JudgeReport> => {
  const model = await openModelFolder(directory);
  const report = await judge(model, signal);
  const result: SelfTestResult = {
    vectorKey: model.vectorKey,
    passed: report.problems.length === 0,
    problems: [...report.problems],
    time: Date.now(),
  };
  await writeFileAtomically(join(directory, SELF_TEST_FILE), `${JSON.stringify(result, undefined, 2)}\n`);
  return report;
};
