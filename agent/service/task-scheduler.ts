/** A task of Windows' Task Scheduler, started when the user logs on; format: Task Scheduler Schema 1.2, schtasks. */
import { join } from "node:path";
import { defineServiceManager } from "./service-manager.ts";
import { xmlText } from "./xml-text.ts";

/** As CommandLineToArgvW takes a line apart. */
const argument = (word: string): string =>
  word !== "" && !/[\s"]/.test(word)
    ? word
    : `"${word.replaceAll(/(\\*)"/g, '$1$1\\"').replaceAll(/(\\+)$/g, "$1$1")}"`;

/** Tasks have no variables of their own: cmd sets them. */
const shellLine = (program: readonly string[], environment: Readonly<Record<string, string>>): string => {
  const settings = Object.entries(environment).map(([key, value]) => `set "${key}=${value}"`);
  return [...settings, program.map(argument).join(" ")].join(" && ");
};

export const taskScheduler = defineServiceManager({
  name: "task-scheduler",
  platform: "win32",
  probe: ["schtasks", "/Query", "/TN", "\\"],
  file: ({ name, program, environment, workingDirectory }, homeDirectory) => ({
    path: join(homeDirectory, "AppData", "Local", "photon", `${name}-task.xml`),
    encoding: "utf16le",
    content: [
      '<?xml version="1.0" encoding="UTF-16"?>',
      '<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">',
      "<RegistrationInfo><Description>photon keeps an index of photo folders up to date</Description></RegistrationInfo>",
      "<Triggers><LogonTrigger><Enabled>true</Enabled></LogonTrigger></Triggers>",
      '<Principals><Principal id="Author"><LogonType>InteractiveToken</LogonType><RunLevel>LeastPrivilege</RunLevel></Principal></Principals>',
      "<Settings>",
      "<MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>",
      "<DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>",
      "<StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>",
      "<ExecutionTimeLimit>PT0S</ExecutionTimeLimit>",
      "<RestartOnFailure><Interval>PT1M</Interval><Count>10</Count></RestartOnFailure>",
      "<Hidden>true</Hidden>",
      "<Priority>7</Priority>",
      "</Settings>",
      '<Actions Context="Author"><Exec>',
      "<Command>cmd.exe</Command>",
      `<Arguments>/d /s /c "${xmlText(shellLine(program, environment))}"</Arguments>`,
      `<WorkingDirectory>${xmlText(workingDirectory)}</WorkingDirectory>`,
      "</Exec></Actions>",
      "</Task>",
      "",
    ].join("\r\n"),
  }),
  commands: ({ name }, filePath) => ({
    install: [
      ["schtasks", "/Create", "/F", "/TN", name, "/XML", filePath],
      ["schtasks", "/Run", "/TN", name],
    ],
    uninstall: [["schtasks", "/Delete", "/F", "/TN", name]],
    start: [["schtasks", "/Run", "/TN", name]],
    stop: [["schtasks", "/End", "/TN", name]],
    query: ["schtasks", "/Query", "/TN", name],
  }),
});
