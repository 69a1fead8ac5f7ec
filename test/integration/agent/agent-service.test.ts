import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { AgentProcess, AgentServiceDeps } from "../../../agent/service/agent-service.ts";
import { createAgentService } from "../../../agent/service/agent-service.ts";
import type { ServiceRunner } from "../../../agent/service/run-service.ts";
import { systemClock } from "../../../src/clock.ts";
import { systemCode } from "../../../src/errors.ts";

/** Stands for `photon watch --service`: the file is the agent's role. */
const PROGRAM = `
  const { writeFileSync, rmSync } = require("node:fs");
  writeFileSync(process.env.PHOTON_HOME + "/role", String(process.pid));
  process.on("SIGTERM", () => { rmSync(process.env.PHOTON_HOME + "/role"); process.exit(143); });
  setTimeout(() => undefined, 30000);
`;

let home: string;
const roleFile = (): string => join(home, "role");

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "photon-agent-"));
});

const runningAgent = async (): Promise<AgentProcess | undefined> => {
  try {
    const pid = Number(await readFile(roleFile(), "utf8"));
    return pid > 0 ? { host: "here", pid, isOnThisHost: true } : undefined;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
};

afterEach(async () => {
  const left = await runningAgent();
  if (left !== undefined && left.pid !== process.pid) process.kill(left.pid, "SIGKILL");
});

const agentService = (given: Partial<AgentServiceDeps> = {}) =>
  createAgentService({
    service: undefined,
    settings: {
      name: "photon",
      program: [process.execPath, "-e", PROGRAM],
      environment: { PHOTON_HOME: home },
      workingDirectory: home,
      crashLogPath: join(home, "logs", "crash.log"),
    },
    runningAgent,
    environment: process.env,
    clock: systemClock,
    signal: new AbortController().signal,
    ...given,
  });

const manager = (told: string[], given: Partial<ServiceRunner> = {}): ServiceRunner => ({
  plan: () => ({ manager: "systemd", file: { path: "/unit", content: "", encoding: "utf8" }, commands: [] }),
  install: () => Promise.reject(new Error("not asked for")),
  uninstall: () => Promise.resolve(),
  isInstalled: () => Promise.resolve(true),
  isUsable: () => Promise.resolve(true),
  start: async () => {
    told.push("start");
    await writeFile(roleFile(), "1");
  },
  stop: async () => {
    told.push("stop");
    await rm(roleFile(), { force: true });
  },
  ...given,
});

describe("without a service", () => {
  test("a detached agent has its role when start returns, and has ended when stop returns", async () => {
    const service = agentService();
    const { how, agent } = await service.start({ detached: true });
    expect(how).toBe("detached");
    expect(agent.pid).toBe(Number(await readFile(roleFile(), "utf8")));
    expect(await service.start({ detached: true })).toEqual({ how: "running", agent });
    expect(await service.stop()).toEqual({ how: "signal" });
    expect(await runningAgent()).toBeUndefined();
    expect(await service.stop()).toEqual({ how: "not-running" });
  });

  test("a service cannot be started where there is none; the other way is named", async () => {
    await expect(agentService().start({ detached: false })).rejects.toMatchObject({
      hint: expect.stringContaining("--detached"),
    });
  });

  test("a program that cannot be started is an error, not an agent", async () => {
    const service = agentService({
      settings: {
        name: "photon",
        program: [join(home, "none")],
        environment: {},
        workingDirectory: home,
        crashLogPath: join(home, "crash.log"),
      },
    });
    await expect(service.start({ detached: true })).rejects.toThrow(/ENOENT/);
  });
});

describe("with a service", () => {
  test("its manager starts and stops the agent", async () => {
    const told: string[] = [];
    const service = agentService({ service: manager(told) });
    expect((await service.start({ detached: false })).how).toBe("service");
    expect(await service.stop()).toEqual({ how: "service" });
    expect(told).toEqual(["start", "stop"]);
  });

  test("an agent that was started by hand is ended too", async () => {
    const told: string[] = [];
    await agentService().start({ detached: true });
    const service = agentService({
      service: manager(told, { stop: () => Promise.resolve(void told.push("stop")) }),
    });
    expect(await service.stop()).toEqual({ how: "service" });
    expect(told).toEqual(["stop"]);
    expect(await runningAgent()).toBeUndefined();
  });
});

test("an agent on another machine is left alone and named", async () => {
  await mkdir(home, { recursive: true });
  const elsewhere = () => Promise.resolve({ host: "attic", pid: 1, isOnThisHost: false });
  await expect(agentService({ runningAgent: elsewhere }).stop()).rejects.toThrow(/another machine, attic/);
});
