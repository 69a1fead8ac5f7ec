import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { launchd } from "../../../agent/service/launchd.ts";
import { serviceManagerOf } from "../../../agent/service/service-managers.ts";
import { serviceSettingsOf } from "../../../agent/service/service-settings.ts";
import { systemd } from "../../../agent/service/systemd.ts";
import { taskScheduler } from "../../../agent/service/task-scheduler.ts";

const source = {
  node: "/opt/node/bin/node",
  launcher: "/opt/photon/bin/photon.js",
  dataDirectory: "/home/ann/.local/share/photon",
  defaultDataDirectory: "/home/ann/.local/share/photon",
  configPath: undefined,
};
const settings = serviceSettingsOf(source);
const awkward = serviceSettingsOf({
  ...source,
  launcher: '/opt/100% "photon" $HOME/bin/photon.js',
  dataDirectory: "/home/ann/Fotos & <mehr>",
  configPath: "/etc/a b.toml",
});

describe("settings of the service", () => {
  test("the usual library has the plain name, every other one its own", () => {
    const other = serviceSettingsOf({ ...source, dataDirectory: "/mnt/library" });
    expect(settings.name).toBe("photon");
    expect(other.name).toMatch(/^photon-[0-9a-f]{8}$/);
    expect(serviceSettingsOf({ ...source, dataDirectory: "/mnt/library" }).name).toBe(other.name);
  });

  test("it is told which library and which configuration, and nothing else", () => {
    expect(awkward.environment).toEqual({ PHOTON_HOME: "/home/ann/Fotos & <mehr>", PHOTON_CONFIG: "/etc/a b.toml" });
    expect(settings.program).toEqual([source.node, source.launcher, "watch", "--service"]);
  });
});

describe("systemd", () => {
  test("the unit lies where systemd looks for units of users", () => {
    expect(systemd.file(settings, "/home/ann").path).toBe("/home/ann/.config/systemd/user/photon.service");
  });

  test("percent signs, quotes and dollars of a path reach the program as they are", () => {
    const { content } = systemd.file(awkward, "/home/ann");
    expect(content).toContain(
      String.raw`ExecStart="/opt/node/bin/node" "/opt/100%% \"photon\" $$HOME/bin/photon.js" "watch" "--service"`,
    );
    expect(content).toContain('Environment="PHOTON_HOME=/home/ann/Fotos & <mehr>"');
  });

  test("workers are left to the agent at a stop, and a stop is no failure", () => {
    const { content } = systemd.file(settings, "/home/ann");
    expect(content).toContain("KillMode=mixed");
    expect(content).toContain("SuccessExitStatus=130 143");
  });
});

describe("launchd", () => {
  test("signs that mean something in XML are written as text", () => {
    const { content, path } = launchd.file(awkward, "/Users/ann");
    expect(path).toBe(join("/Users/ann/Library/LaunchAgents", `local.${awkward.name}.plist`));
    expect(content).toContain("<string>/home/ann/Fotos &amp; &lt;mehr&gt;</string>");
    expect(content).toContain("&quot;photon&quot;");
  });

  test("it is loaded into the session of the user who installs it", () => {
    const { install, stop } = launchd.commands(settings, "/x.plist");
    expect(install[0]).toEqual(["launchctl", "bootstrap", expect.stringMatching(/^gui\/\d+$/), "/x.plist"]);
    expect(stop[0]?.at(-1)).toMatch(/^gui\/\d+\/local\.photon$/);
  });
});

describe("Task Scheduler", () => {
  test("the task sets the library, quotes paths with blanks and never ends by itself", () => {
    const { content, encoding } = taskScheduler.file(awkward, String.raw`C:\Users\ann`);
    expect(encoding).toBe("utf16le");
    expect(content).toContain("set &quot;PHOTON_HOME=/home/ann/Fotos &amp; &lt;mehr&gt;&quot;");
    expect(content).toContain("<ExecutionTimeLimit>PT0S</ExecutionTimeLimit>");
    expect(content).toContain("&amp;&amp; /opt/node/bin/node");
  });
});

test("each platform has its manager, others have none", () => {
  expect(serviceManagerOf("linux")?.name).toBe("systemd");
  expect(serviceManagerOf("darwin")?.name).toBe("launchd");
  expect(serviceManagerOf("win32")?.name).toBe("task-scheduler");
  expect(serviceManagerOf("aix")).toBeUndefined();
});
