import { mkdtemp, readFile, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import type { RunCommand } from "../../../agent/service/run-service.ts";
import { createServiceRunner, runCommand } from "../../../agent/service/run-service.ts";
import type { CommandLine } from "../../../agent/service/service-manager.ts";
import { serviceSettingsOf } from "../../../agent/service/service-settings.ts";
import { systemd } from "../../../agent/service/systemd.ts";
import { taskScheduler } from "../../../agent/service/task-scheduler.ts";

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "photon-service-"));
});

const runnerWith = (answer: RunCommand, manager = systemd) => {
  const told: CommandLine[] = [];
  const settings = serviceSettingsOf({
    node: "/n",
    launcher: "/p.js",
    dataDirectory: join(home, "library"),
    defaultDataDirectory: join(home, "library"),
    configPath: undefined,
  });
  const run: RunCommand = (command) => {
    told.push(command);
    return answer(command);
  };
  return { told, runner: createServiceRunner({ manager, settings, homeDirectory: home, run }) };
};

const fine: RunCommand = () => Promise.resolve({ exitCode: 0, text: "" });

describe("the service", () => {
  test("is written, then the manager is told; the plan says both beforehand and writes nothing", async () => {
    const { runner, told } = runnerWith(fine);
    const plan = runner.plan();
    expect(await runner.isInstalled()).toBe(false);
    expect(told).toEqual([]);
    await runner.install();
    expect(await readFile(plan.file.path, "utf8")).toBe(plan.file.content);
    expect(told.map((command) => command.join(" "))).toEqual(plan.commands);
    expect((await stat(join(home, "library", "logs"))).isDirectory()).toBe(true);
  });

  test("a manager that refuses is quoted, and the hint names another way", async () => {
    const { runner } = runnerWith(() => Promise.resolve({ exitCode: 1, text: "Failed to connect to bus" }));
    const failure = runner.install();
    await expect(failure).rejects.toThrow(/daemon-reload" failed: Failed to connect to bus/);
    await expect(failure).rejects.toMatchObject({ hint: expect.stringContaining("photon agent start --detached") });
  });

  test("a manager that is not there is named", async () => {
    const { runner } = runnerWith(() => Promise.resolve({ exitCode: undefined, text: "" }));
    await expect(runner.install()).rejects.toThrow(/systemctl is not on this machine/);
    expect(await runner.isUsable()).toBe(false);
  });

  test("what is not installed cannot be started, stopped or removed", async () => {
    const { runner, told } = runnerWith(fine);
    await expect(runner.start()).rejects.toThrow(/not installed/);
    await expect(runner.stop()).rejects.toThrow(/not installed/);
    await expect(runner.uninstall()).rejects.toThrow(/not installed/);
    expect(told).toEqual([]);
  });

  test("uninstalling removes the file, also when the manager had forgotten the service", async () => {
    const { runner, told } = runnerWith((command) =>
      Promise.resolve({ exitCode: command.includes("cat") ? 1 : 0, text: "" }),
    );
    await runner.install();
    await runner.uninstall();
    expect(await runner.isInstalled()).toBe(false);
    expect(told.some((command) => command.includes("disable"))).toBe(false);
  });

  test("a task is written as Windows wants it: UTF-16 with its mark", async () => {
    const { runner } = runnerWith(fine, taskScheduler);
    await runner.install();
    expect((await readFile(runner.plan().file.path)).subarray(0, 4)).toEqual(Buffer.from([0xff, 0xfe, 0x3c, 0]));
  });
});

describe("commands of the system", () => {
  test("exit code and words come back", async () => {
    expect(await runCommand(["sh", "-c", "echo no >&2; exit 3"])).toEqual({ exitCode: 3, text: "no" });
    expect(await runCommand(["sh", "-c", "true"])).toEqual({ exitCode: 0, text: "" });
  });

  test("a program that is not there has no exit code", async () => {
    expect(await runCommand(["photon-no-such-program"])).toEqual({ exitCode: undefined, text: "" });
  });
});
