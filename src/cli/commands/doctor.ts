/** `photon doctor`. */
import { z } from "zod";
import { errorReport, isAbort } from "../../errors.ts";
import type { CommandContext } from "../command.ts";
import { defineCommand, EXIT, jsonFlag } from "../command.ts";
import type { DoctorCheck, Finding } from "../doctor/check.ts";
import { doctorChecks } from "../doctor/checks.ts";
import type { Output, Style } from "../terminal.ts";
import { formatJson } from "../terminal.ts";

const STYLES: Readonly<Record<Finding["status"], Style>> = { ok: "green", warn: "yellow", fail: "red" };

const configProblem = (context: CommandContext): string | undefined => {
  try {
    void context.loadedConfig;
    return undefined;
  } catch (error) {
    return errorReport(error).message;
  }
};

const runCheck = async (check: DoctorCheck, context: CommandContext, signal: AbortSignal): Promise<Finding> => {
  signal.throwIfAborted();
  try {
    return await check.run(context, signal);
  } catch (error) {
    if (isAbort(error)) throw error;
    const { message, hint } = errorReport(error);
    if (check.name !== "config" && message === configProblem(context)) {
      return { status: "warn", message: "Not checked: the configuration is not valid.", repair: "Correct that first." };
    }
    return { status: "fail", message, ...(hint === undefined ? {} : { repair: hint }) };
  }
};

const findingText = ({ title }: DoctorCheck, { status, message, repair }: Finding, { style }: Output): string => {
  const first = `${style(STYLES[status], status.padEnd(4))}  ${title}: ${message}\n`;
  return repair === undefined ? first : `${first}      ${style("cyan", "repair:")} ${repair}\n`;
};

export const doctorCommand = defineCommand({
  options: z.object({ json: jsonFlag }),
  details: "Changes nothing. Exit code 1 when a check fails; warnings leave it at 0.",
  examples: [
    { command: "photon doctor", does: "every check, with how to repair what is wrong" },
    { command: "photon doctor --json", does: "the same for programs" },
  ],
  async run({ json }, context, signal) {
    const findings: (Finding & Pick<DoctorCheck, "name">)[] = [];
    for (const check of doctorChecks) {
      const finding = await runCheck(check, context, signal);
      findings.push({ name: check.name, ...finding });
      if (!json) await context.stdout.write(findingText(check, finding, context.stdout));
    }
    if (json) await context.stdout.line(formatJson(findings));
    return findings.some(({ status }) => status === "fail") ? EXIT.failed : EXIT.done;
  },
});
