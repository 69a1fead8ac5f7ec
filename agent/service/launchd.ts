/** A launchd agent of the user's; format: launchd.plist(5), launchctl(1). */
import { userInfo } from "node:os";
import { join } from "node:path";
import { defineServiceManager } from "./service-manager.ts";
import { xmlText } from "./xml-text.ts";

const labelOf = (name: string): string => `local.${name}`;
const domain = (): string => `gui/${userInfo().uid}`;

const string = (text: string): string => `<string>${xmlText(text)}</string>`;
const entry = (key: string, value: string): readonly string[] => [`<key>${key}</key>`, value];

export const launchd = defineServiceManager({
  name: "launchd",
  platform: "darwin",
  probe: ["launchctl", "version"],
  file: ({ name, program, environment, workingDirectory, crashLogPath }, homeDirectory) => ({
    path: join(homeDirectory, "Library", "LaunchAgents", `${labelOf(name)}.plist`),
    encoding: "utf8",
    content: [
      '<?xml version="1.0" encoding="UTF-8"?>',
      '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
      '<plist version="1.0">',
      "<dict>",
      ...entry("Label", string(labelOf(name))),
      ...entry("ProgramArguments", `<array>${program.map(string).join("")}</array>`),
      ...entry(
        "EnvironmentVariables",
        `<dict>${Object.entries(environment)
          .flatMap(([key, value]) => entry(xmlText(key), string(value)))
          .join("")}</dict>`,
      ),
      ...entry("WorkingDirectory", string(workingDirectory)),
      ...entry("StandardOutPath", string("/dev/null")),
      ...entry("StandardErrorPath", string(crashLogPath)),
      ...entry("RunAtLoad", "<true/>"),
      ...entry("KeepAlive", "<dict><key>SuccessfulExit</key><false/></dict>"),
      ...entry("ProcessType", string("Background")),
      ...entry("ExitTimeOut", "<integer>15</integer>"),
      "</dict>",
      "</plist>",
      "",
    ].join("\n"),
  }),
  // A job that is kept alive can only be stopped by unloading it; it is loaded again at the next login, or by start.
  commands: ({ name }, filePath) => ({
    install: [["launchctl", "bootstrap", domain(), filePath]],
    uninstall: [["launchctl", "bootout", `${domain()}/${labelOf(name)}`]],
    start: [["launchctl", "bootstrap", domain(), filePath]],
    stop: [["launchctl", "bootout", `${domain()}/${labelOf(name)}`]],
    query: ["launchctl", "print", `${domain()}/${labelOf(name)}`],
  }),
});
