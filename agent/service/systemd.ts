/** `systemd --user`; formats: systemd.service(5), systemd.exec(5), systemd.syntax(7). */
import { join } from "node:path";
import { defineServiceManager } from "./service-manager.ts";

/** As a word of a unit file: `%` begins a specifier everywhere. */
const quoted = (word: string): string =>
  `"${word.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n").replaceAll("%", "%%")}"`;

/** In command lines `$` begins a variable too. */
const argument = (word: string): string => quoted(word).replaceAll("$", "$$$$");

/** A path that is the whole value of a setting is not quoted. */
const pathValue = (path: string): string => path.replaceAll("%", "%%");

const unitOf = (name: string): string => `${name}.service`;

export const systemd = defineServiceManager({
  name: "systemd",
  platform: "linux",
  probe: ["systemctl", "--user", "show-environment"],
  file: ({ name, program, environment, workingDirectory, crashLogPath }, homeDirectory) => ({
    path: join(homeDirectory, ".config", "systemd", "user", unitOf(name)),
    encoding: "utf8",
    content: [
      "[Unit]",
      "Description=photon keeps an index of photo folders up to date",
      "",
      "[Service]",
      "Type=exec",
      `ExecStart=${program.map(argument).join(" ")}`,
      `WorkingDirectory=${pathValue(workingDirectory)}`,
      ...Object.entries(environment).map(([key, value]) => `Environment=${quoted(`${key}=${value}`)}`),
      "StandardOutput=null",
      `StandardError=append:${pathValue(crashLogPath)}`,
      "Restart=on-failure",
      "RestartSec=5",
      // The agent ends its workers itself, so that they can hand back what they hold.
      "KillMode=mixed",
      "TimeoutStopSec=15",
      "SuccessExitStatus=130 143",
      "",
      "[Install]",
      "WantedBy=default.target",
      "",
    ].join("\n"),
  }),
  commands: ({ name }) => ({
    install: [
      ["systemctl", "--user", "daemon-reload"],
      ["systemctl", "--user", "enable", "--now", unitOf(name)],
    ],
    uninstall: [["systemctl", "--user", "disable", "--now", unitOf(name)]],
    start: [["systemctl", "--user", "start", unitOf(name)]],
    stop: [["systemctl", "--user", "stop", unitOf(name)]],
    query: ["systemctl", "--user", "cat", unitOf(name)],
  }),
});
