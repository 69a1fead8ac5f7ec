import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { commandGroups } from "../../src/cli/command-groups.ts";
import { commands } from "../../src/cli/commands.ts";
import { optionUses } from "../../src/cli/command.ts";
import type { ProgramResult, RunningProgram } from "../support/run-program.ts";
import { REPOSITORY, runPhoton, runProgram, startProgram } from "../support/run-program.ts";

const FRAME = join(REPOSITORY, "test", "fixtures", "frame-main.ts");
// oxlint-disable-next-line no-control-regex -- what must not be there
const COLOUR = /\u001B\[/;

let home: string;
let environment: Readonly<Record<string, string>>;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "photon-frame-"));
  environment = { PHOTON_HOME: join(home, "library"), XDG_CONFIG_HOME: join(home, "config") };
});
afterAll(() => rmSync(home, { recursive: true }));

const photon = (...words: readonly string[]): Promise<ProgramResult> => runPhoton(words, { environment });
const frame = (words: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<ProgramResult> =>
  runProgram(FRAME, words, { environment: { ...environment, ...more } });
const startFrame = (...words: readonly string[]): RunningProgram => startProgram(FRAME, words, { environment });

describe("help", () => {
  test("photon alone prints every command but the hidden ones, and ends well", async () => {
    const { code, stdout, stderr } = await photon();
    expect(code).toBe(0);
    expect(stderr).toBe("");
    for (const { name, isHidden = false } of commands) {
      expect(new RegExp(`^  ${name.split(" ")[0]} `, "m").test(stdout)).toBe(!isHidden);
    }
  });

  test.each(commands.map(({ name, load }) => [name, load] as const))(
    "%s has a help with examples",
    async (name, load) => {
      const { code, stdout } = await photon(...name.split(" "), "--help");
      expect(code).toBe(0);
      expect(stdout).toContain(`Usage: photon ${name}`);
      expect(stdout).toContain(`Examples:\n  $ `);
      const command = await load();
      for (const example of command.examples) expect(example.command).toContain(`photon ${name}`);
      for (const field of Object.values(command.options.shape)) expect(optionUses.has(field)).toBe(true);
    },
  );

  test("a group alone prints its commands, and every group has a summary", async () => {
    const ownNames = new Set(commands.map(({ name }) => name)); // a command may have others below it
    const groups = commands.flatMap(({ name }) => (name.includes(" ") ? [name.split(" ", 1).join("")] : []));
    expect(Object.keys(commandGroups).toSorted()).toEqual(
      [...new Set(groups.filter((name) => !ownNames.has(name)))].toSorted(),
    );
    const { code, stdout } = await photon("config");
    expect(code).toBe(0);
    expect(stdout).toContain("init");
  });

  test("photon help COMMAND is the help of the command", async () => {
    expect((await photon("help", "config", "init")).stdout).toBe((await photon("config", "init", "--help")).stdout);
  });

  test("--version prints the version of the package", async () => {
    const { version } = JSON.parse(readFileSync(join(REPOSITORY, "package.json"), "utf8")) as { version: string };
    expect((await photon("--version")).stdout).toBe(`${version}\n`);
    expect((await photon("-V")).stdout).toBe(`${version}\n`);
  });
});

describe("wrong usage", () => {
  test.each([
    [["serach"], "Unknown command 'serach'.", "search"],
    [["config", "shw"], "Unknown command 'shw'.", "show"],
    [["config", "show", "--jsn"], "Unknown option '--jsn'.", "--json"],
  ])("%j ends with 2 and the nearest name", async (words, message, nearest) => {
    const { code, stdout, stderr } = await photon(...words);
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain(`error: ${message}\nhint: Did you mean ${nearest}?`);
  });

  test("an unknown word behind a group names the help of the group", async () => {
    expect((await photon("config", "compress")).stderr).toContain("hint: Run `photon config --help`");
  });

  test("a missing argument names the help", async () => {
    const { code, stderr } = await photon("forget");
    expect(code).toBe(2);
    expect(stderr).toContain("`photon forget --help`");
  });

  test("a refused option value says what is accepted", async () => {
    const { code, stderr } = await frame(["echo", "--size", "10"]);
    expect(code).toBe(2);
    expect(stderr).toContain("Expected a whole number from 1 to 9 for --size, received 10.");
    expect((await frame(["echo", "--even", "3"])).stderr).toContain("Expected an even number for --even.");
  });

  test("a wrong setting ends with 2, key and source", async () => {
    const { code, stderr } = await runPhoton(["config", "show"], {
      environment: { ...environment, PHOTON_LOGGING_LEVEL: "loud" },
    });
    expect(code).toBe(2);
    expect(stderr).toContain("logging.level (environment variable PHOTON_LOGGING_LEVEL)");
    expect(stderr).toContain("hint: ");
  });
});

test("doctor names a broken configuration once", async () => {
  const broken = { ...environment, PHOTON_LOGGING_LEVEL: "loud" };
  const { code, stdout } = await runPhoton(["doctor", "--json"], { environment: broken });
  const findings = JSON.parse(stdout) as readonly { name: string; status: string; message: string }[];
  expect(code).toBe(1);
  expect(findings.filter(({ status }) => status === "fail").map(({ name }) => name)).toEqual(["config"]);
  expect(findings.filter(({ message }) => message.startsWith("Not checked"))).not.toHaveLength(0);
});

describe("options", () => {
  const echo = async (...words: readonly string[]): Promise<unknown> =>
    JSON.parse((await frame(["echo", ...words])).stdout);

  test("defaults hold for what was not typed", async () => {
    expect(await echo()).toEqual({ words: [], tag: [], thumbnail: true, json: false });
  });

  test("flags are read into the types of the schema", async () => {
    expect(await echo("a", "-s", "4", "--tag", "x", "--tag", "y,z", "--no-dedup", "--no-thumbnail", "--json")).toEqual({
      words: ["a"],
      size: 4,
      tag: ["x", "y,z"],
      dedup: false,
      thumbnail: false,
      json: true,
    });
    expect(await echo("--dedup")).toMatchObject({ dedup: true });
  });

  test("words with a dash are arguments where the command takes them", async () => {
    expect(await echo("sunset", "-fruit", "--tag", "-x1", "-0.5:red", "--", "-s")).toMatchObject({
      words: ["sunset", "-fruit", "-0.5:red", "-s"],
      tag: ["-x1"],
    });
  });

  test("a flag that names a setting overrides file and environment", async () => {
    const file = join(home, "flags.toml");
    writeFileSync(file, "[thumbnail]\nsize = 300\n");
    const run = async (...words: readonly string[]): Promise<unknown> => {
      const { stdout } = await frame(["config", "--config", file, ...words], { PHOTON_THUMBNAIL_SIZE: "400" });
      return JSON.parse(stdout);
    };
    expect(await run()).toEqual([400, { kind: "environment", variable: "PHOTON_THUMBNAIL_SIZE" }]);
    expect(await run("--size", "500")).toEqual([500, { kind: "flag", flag: "--size" }]);
  });
});

describe("errors", () => {
  test("message and hint go to stderr, without a stack", async () => {
    const { code, stdout, stderr } = await frame(["fail"]);
    expect(code).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toBe("error: Expected a photo.\nhint: Look elsewhere.\n");
  });

  test("--verbose adds the stack", async () => {
    expect((await frame(["fail", "--verbose"])).stderr).toMatch(/\n {4}at .*frame-main/);
  });

  test("--json makes the error one JSON object on stderr", async () => {
    const { code, stdout, stderr } = await frame(["fail", "--json"]);
    expect(code).toBe(1);
    expect(stdout).toBe("");
    expect(JSON.parse(stderr)).toEqual({
      error: {
        code: "not-found",
        message: "Expected a photo.",
        hint: "Look elsewhere.",
        details: { id: "a" },
        exit_code: 1,
      },
    });
  });

  test("a lost promise is reported as a bug", async () => {
    const { code, stderr } = await frame(["bug"]);
    expect(code).toBe(1);
    expect(stderr).toContain("error: lost promise\nhint: This looks like a bug in photon.");
  });
});

describe("logs", () => {
  test("go to stderr at the level of the settings", async () => {
    const { stdout, stderr } = await frame(["config"]);
    expect(stdout).not.toContain("reading");
    expect(stderr).toBe("reading\n");
    expect((await frame(["config"], { PHOTON_LOGGING_LEVEL: "warn" })).stderr).toBe("");
  });

  test("--verbose shows debug messages, --json-logs makes them JSON", async () => {
    const { stderr } = await frame(["config", "-v", "--json-logs"]);
    const levels = stderr
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { level: string }).level);
    expect(levels).toEqual(["info", "debug"]);
    expect((await frame(["config"], { PHOTON_LOGGING_FORMAT: "json" })).stderr).toMatch(/^\{"time"/);
  });

  test("an unknown setting is a warning and does not stop the command", async () => {
    const file = join(home, "unknown.toml");
    writeFileSync(file, "[thumbnail]\nsise = 3\n");
    const { code, stderr } = await frame(["config", "--config", file]);
    expect(code).toBe(0);
    expect(stderr).toContain("did you mean thumbnail.size?");
  });
});

describe("colours", () => {
  test("are off in a pipe, on when forced, and never with NO_COLOR", async () => {
    expect((await frame(["colour"])).stdout).toBe("red\n");
    expect((await frame(["colour"], { FORCE_COLOR: "1" })).stdout).toMatch(COLOUR);
    expect((await frame(["colour"], { FORCE_COLOR: "1", NO_COLOR: "1" })).stdout).toBe("red\n");
    expect((await photon("config", "show")).stdout).not.toMatch(COLOUR);
    expect((await photon("--help")).stdout).not.toMatch(COLOUR);
  });
});

describe.skipIf(process.platform === "win32")("signals and pipes", () => {
  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("%s lets the command finish and exits with %i", async (signal, code) => {
    const program = startFrame("wait");
    await program.untilStdout("waiting");
    program.child.kill(signal);
    expect(await program.ended).toEqual({ code, stdout: "waiting\ntidied up\n", stderr: "" });
  });

  test("two signals of one key press count as one, a later one ends at once", async () => {
    const program = startFrame("stubborn");
    await program.untilStdout("waiting");
    program.child.kill("SIGINT");
    await program.untilStdout("not yet");
    program.child.kill("SIGINT");
    // The program lives on until a signal comes late enough; each try is a condition, not a pause.
    const tries = setInterval(() => program.child.kill("SIGINT"), 50);
    const startedAt = performance.now();
    const { code } = await program.ended.finally(() => clearInterval(tries));
    expect(code).toBe(130);
    expect(performance.now() - startedAt).toBeGreaterThan(150);
  });

  test("a reader that goes away ends the command quietly", async () => {
    const child = spawn(process.execPath, [FRAME, "flood"], { stdio: ["ignore", "pipe", "pipe"] });
    let stderr = "";
    child.stderr.on("data", (chunk) => (stderr += String(chunk)));
    const closed = once(child, "close");
    await once(child.stdout, "data");
    child.stdout.destroy();
    const [code] = (await closed) as [number | null];
    expect(code).toBe(0);
    expect(stderr).toBe("");
  });
});

describe("photon config", () => {
  test("path prints where the file is looked for, also when it is broken", async () => {
    const file = join(home, "broken.toml");
    writeFileSync(file, "[[[");
    expect((await photon("config", "path", "--config", file)).stdout).toBe(`${file}\n`);
    expect((await photon("config", "show", "--config", file)).code).toBe(2);
  });

  test("init writes a file that holds and refuses to replace it", async () => {
    const file = join(home, "init.toml");
    expect((await photon("config", "init", "--config", file)).code).toBe(0);
    if (process.platform !== "win32") expect(statSync(file).mode & 0o777).toBe(0o600);
    const { code, stderr } = await photon("config", "show", "--config", file);
    expect([code, stderr]).toEqual([0, ""]);
    const refused = await photon("config", "init", "--config", file);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain("--force");
    expect((await photon("config", "init", "--config", file, "--force")).code).toBe(0);
  });

  test("show --json tells value and source of every setting, secrets masked", async () => {
    const file = join(home, "secret.toml");
    writeFileSync(file, '[embedding]\nmodel = "${TEST_API_KEY}"\n[thumbnail]\nsize = 300\n');
    const { stdout } = await runPhoton(["config", "show", "--json", "--config", file], {
      environment: { ...environment, TEST_API_KEY: "sk-hidden" },
    });
    const { settings } = JSON.parse(stdout) as { settings: Record<string, { value: unknown; source: string }> };
    expect(settings["thumbnail.size"]).toMatchObject({ value: 300, source: `${file} line 4` });
    expect(settings["embedding.model"]).toMatchObject({ value: "********" });
    expect(stdout).not.toContain("sk-hidden");
  });
});
