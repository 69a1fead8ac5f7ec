/** `photon models verify|remove`. */
import { z } from "zod";
import type { VerifiedModel } from "../../app/model-api.ts";
import { argument, defineCommand, EXIT, flag, jsonFlag } from "../command.ts";
import { PRECISIONS } from "../models/precisions.ts";
import { formatBytes, formatJson } from "../terminal.ts";

const speedText = (milliseconds: number | undefined): string =>
  milliseconds === undefined ? "" : `, ${Math.round(milliseconds)} ms per photo`;

const resultLines = ({ id, variant = "", ok, problems, ...rest }: VerifiedModel): readonly string[] => [
  `${id} ${variant}`.trimEnd() + (ok ? ": sound" : ": not usable") + speedText(rest.millisecondsPerImage),
  ...problems.map((problem) => `  ${problem}`),
  ...rest.checks
    .filter(({ status }) => status !== "failed")
    .map(({ name, status, detail }) => `  ${name} ${status}: ${detail}`),
  ...rest.setAside.map(
    (path) =>
      `  ${path} was renamed to ${path}.bad; ${id === "photon-mini" ? "photon copies it anew when it is needed" : `run \`photon models download ${id}\` to fetch it again`}.`,
  ),
];

export const modelsVerifyCommand = defineCommand({
  options: z.object({
    id: argument("[id]", z.string().optional(), "Model; unset checks every installed one."),
    deep: flag("--deep", z.boolean().default(false), "Also run the self-test of the model."),
    json: jsonFlag,
  }),
  details:
    "Reads every file and compares its hash. A wrong file is set aside as <name>.bad. Exits with 1 when something is wrong.",
  examples: [
    { command: "photon models verify", does: "every installed model" },
    { command: "photon models verify siglip2-base-patch16-224 --deep", does: "one, and try it out" },
  ],
  async run({ id, deep, json }, { photon, stdout, stderr }, signal) {
    const library = await photon();
    const results = await library.verifyModels({
      id,
      deep,
      signal,
      onModel: (model) => void stderr.stream.write(`Checking ${model} ...\n`),
    });
    if (json) await stdout.line(formatJson(results));
    else for (const line of results.flatMap(resultLines)) await stdout.line(line);
    if (results.length === 0) await stderr.line("No model is installed.");
    return results.every(({ ok }) => ok) ? EXIT.done : EXIT.failed;
  },
});

export const modelsRemoveCommand = defineCommand({
  options: z.object({
    id: argument("<id>", z.string(), "Model to remove."),
    precision: flag(
      "--precision <precision>",
      z.enum(PRECISIONS).optional(),
      "Only this precision; unset removes every one.",
    ),
    json: jsonFlag,
  }),
  details:
    "Deletes the files. The model this library is searched with is refused. Vectors made with it stay in the library.",
  examples: [{ command: "photon models remove clip-vit-base-patch32", does: "free its disk space" }],
  async run({ id, precision, json }, { photon, stdout, stderr }, signal) {
    const library = await photon();
    const removed = await library.removeModel(id, precision, {
      signal,
      onNote: (note) => void stderr.stream.write(`${note}\n`),
    });
    if (json) await stdout.line(formatJson(removed));
    else for (const { directory, bytes } of removed) await stdout.line(`Removed ${directory} (${formatBytes(bytes)}).`);
    return EXIT.done;
  },
});
