/** Every command. A row here makes it exist: help, options, exit codes and the reference page follow from it. */
import type { Command } from "./command.ts";

export interface CommandEntry {
  /** `status`, or group and name: `config show`. */
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Started by photon itself: in no list of commands and on no page. */
  readonly isHidden?: true;
  /** Words that start with one dash are arguments here (`-fruit`), not short flags. */
  readonly dashWords?: true;
  /** Loaded when the command runs or shows its help. */
  readonly load: () => Promise<Command>;
}

export const commands: readonly CommandEntry[] = [
  {
    name: "worker core",
    summary: "Process what scans found",
    isHidden: true,
    load: async () => (await import("./commands/worker.ts")).workerCoreCommand,
  },
  {
    name: "worker enrichment",
    summary: "Work on the queue of enrichments",
    isHidden: true,
    load: async () => (await import("./commands/worker.ts")).workerEnrichmentCommand,
  },
  {
    name: "process",
    summary: "Process photos and folders; records on stdout, photos into the library",
    load: async () => (await import("./commands/process.ts")).processCommand,
  },
  {
    name: "watch",
    summary: "Keep the library equal to its folders, as long as it runs",
    load: async () => (await import("./commands/watch.ts")).watchCommand,
  },
  {
    name: "agent install",
    summary: "Install the agent as a service that starts at login",
    load: async () => (await import("./commands/agent.ts")).agentInstallCommand,
  },
  {
    name: "agent uninstall",
    summary: "Stop the service and remove it",
    load: async () => (await import("./commands/agent.ts")).agentUninstallCommand,
  },
  {
    name: "agent start",
    summary: "Start the agent in the background",
    load: async () => (await import("./commands/agent.ts")).agentStartCommand,
  },
  {
    name: "agent stop",
    summary: "Stop the agent",
    load: async () => (await import("./commands/agent.ts")).agentStopCommand,
  },
  {
    name: "agent status",
    summary: "Show whether the agent runs, and how folders are watched",
    load: async () => (await import("./commands/agent-state.ts")).agentStatusCommand,
  },
  {
    name: "agent logs",
    summary: "Show what the agent in the background did",
    load: async () => (await import("./commands/agent-state.ts")).agentLogsCommand,
  },
  {
    name: "agent pause",
    summary: "Do no work for a while; folders are still watched",
    load: async () => (await import("./commands/agent-state.ts")).agentPauseCommand,
  },
  {
    name: "agent resume",
    summary: "End a pause",
    load: async () => (await import("./commands/agent-state.ts")).agentResumeCommand,
  },
  {
    name: "search",
    summary: "Find photos by words, pictures and filters",
    dashWords: true,
    load: async () => (await import("./commands/search.ts")).searchCommand,
  },
  {
    name: "similar",
    summary: "Find photos that look like one photo",
    load: async () => (await import("./commands/similar.ts")).similarCommand,
  },
  {
    name: "show",
    summary: "Show everything known about a photo",
    load: async () => (await import("./commands/show.ts")).showCommand,
  },
  {
    name: "duplicates",
    summary: "List exact, near and burst duplicates",
    load: async () => (await import("./commands/duplicates.ts")).duplicatesCommand,
  },
  {
    name: "mcp",
    summary: "Serve AI assistants: tools to find, show, describe and curate photos",
    load: async () => (await import("./commands/mcp.ts")).mcpCommand,
  },
  {
    name: "mcp install",
    summary: "Write the entry with which an assistant's program starts photon",
    load: async () => (await import("./commands/mcp-install.ts")).mcpInstallCommand,
  },
  {
    name: "status",
    summary: "Show what the library holds and what is pending",
    load: async () => (await import("./commands/status.ts")).statusCommand,
  },
  {
    name: "roots list",
    summary: "List the folders of the library and how they are",
    load: async () => (await import("./commands/roots.ts")).rootsListCommand,
  },
  {
    name: "roots add",
    summary: "Add folders to the library",
    load: async () => (await import("./commands/roots.ts")).rootsAddCommand,
  },
  {
    name: "roots remove",
    summary: "Take a folder out of the library",
    load: async () => (await import("./commands/roots.ts")).rootsRemoveCommand,
  },
  {
    name: "roots confirm",
    summary: "Say that files a folder misses are really gone",
    load: async () => (await import("./commands/roots.ts")).rootsConfirmCommand,
  },
  {
    name: "scan",
    summary: "Look for changes in the folders of the library, once",
    load: async () => (await import("./commands/scan.ts")).scanCommand,
  },
  {
    name: "tag add",
    summary: "Give photos a tag",
    load: async () => (await import("./commands/tag.ts")).tagAddCommand,
  },
  {
    name: "tag remove",
    summary: "Take a tag off photos for good",
    load: async () => (await import("./commands/tag.ts")).tagRemoveCommand,
  },
  {
    name: "tag list",
    summary: "Show the tags of a photo and where they come from",
    load: async () => (await import("./commands/tag.ts")).tagListCommand,
  },
  {
    name: "tag undo",
    summary: "Take back what one run did to tags",
    load: async () => (await import("./commands/tag.ts")).tagUndoCommand,
  },
  {
    name: "ask",
    summary: "Ask for photos, reminders, albums and more in your own words",
    load: async () => (await import("./commands/ask.ts")).askCommand,
  },
  {
    name: "review list",
    summary: "List what waits for your yes",
    load: async () => (await import("./commands/review.ts")).reviewListCommand,
  },
  {
    name: "review show",
    summary: "Show one result, event or proposal",
    load: async () => (await import("./commands/review.ts")).reviewShowCommand,
  },
  {
    name: "review confirm",
    summary: "Confirm results, events and proposals",
    load: async () => (await import("./commands/review-decide.ts")).reviewConfirmCommand,
  },
  {
    name: "review edit",
    summary: "Change a result; your version counts",
    load: async () => (await import("./commands/review-decide.ts")).reviewEditCommand,
  },
  {
    name: "review discard",
    summary: "Discard results, events and proposals, or all of a run",
    load: async () => (await import("./commands/review-decide.ts")).reviewDiscardCommand,
  },
  {
    name: "review retry",
    summary: "Ask again for failed and discarded results",
    load: async () => (await import("./commands/review-decide.ts")).reviewRetryCommand,
  },
  {
    name: "review history",
    summary: "List the versions of a result",
    load: async () => (await import("./commands/review.ts")).reviewHistoryCommand,
  },
  {
    name: "review diff",
    summary: "Show what changed between two versions",
    load: async () => (await import("./commands/review.ts")).reviewDiffCommand,
  },
  {
    name: "review restore",
    summary: "Bring back an older version",
    load: async () => (await import("./commands/review-decide.ts")).reviewRestoreCommand,
  },
  {
    name: "watches add",
    summary: "Watch for new photos of something",
    load: async () => (await import("./commands/watches.ts")).watchesAddCommand,
  },
  {
    name: "watches list",
    summary: "List standing watches",
    load: async () => (await import("./commands/watches.ts")).watchesListCommand,
  },
  {
    name: "watches remove",
    summary: "Stop watching",
    load: async () => (await import("./commands/watches.ts")).watchesRemoveCommand,
  },
  {
    name: "events",
    summary: "Print what happened, one JSON object per line",
    load: async () => (await import("./commands/events.ts")).eventsCommand,
  },
  {
    name: "retag",
    summary: "Compute tags anew from stored vectors, without reading photos",
    load: async () => (await import("./commands/retag.ts")).retagCommand,
  },
  {
    name: "quarantine list",
    summary: "List photos that could not be processed, with reasons",
    load: async () => (await import("./commands/quarantine.ts")).quarantineListCommand,
  },
  {
    name: "quarantine retry",
    summary: "Try quarantined photos again",
    load: async () => (await import("./commands/quarantine.ts")).quarantineRetryCommand,
  },
  {
    name: "enrich",
    summary: "Describe photos with a language model",
    load: async () => (await import("./commands/enrich.ts")).enrichCommand,
  },
  {
    name: "profile",
    summary: "Write profiles of photos and albums with a language model",
    load: async () => (await import("./commands/profile.ts")).profileCommand,
  },
  {
    name: "translate",
    summary: "Translate descriptions, or a text, with a language model",
    load: async () => (await import("./commands/translate.ts")).translateCommand,
  },
  {
    name: "enrich-stats",
    summary: "Show how much of the library is described",
    load: async () => (await import("./commands/enrich-stats.ts")).enrichStatsCommand,
  },
  {
    name: "forget",
    summary: "Remove photos from the library; the files stay untouched",
    load: async () => (await import("./commands/forget.ts")).forgetCommand,
  },
  {
    name: "index rebuild",
    summary: "Build the search index anew from the catalogue",
    load: async () => (await import("./commands/index.ts")).indexRebuildCommand,
  },
  {
    name: "index status",
    summary: "Show the state of the search index",
    load: async () => (await import("./commands/index.ts")).indexStatusCommand,
  },
  {
    name: "models list",
    summary: "List embedding models, what they find, and whether they are installed",
    load: async () => (await import("./commands/models.ts")).modelsListCommand,
  },
  {
    name: "models download",
    summary: "Download a model that understands photos better",
    load: async () => (await import("./commands/models-download.ts")).modelsDownloadCommand,
  },
  {
    name: "models add",
    summary: "Download any other CLIP or SigLIP model of the hub",
    load: async () => (await import("./commands/models-download.ts")).modelsAddCommand,
  },
  {
    name: "models verify",
    summary: "Check the files of installed models",
    load: async () => (await import("./commands/models-verify.ts")).modelsVerifyCommand,
  },
  {
    name: "models remove",
    summary: "Delete a model that is not in use",
    load: async () => (await import("./commands/models-verify.ts")).modelsRemoveCommand,
  },
  {
    name: "models path",
    summary: "Print where models are kept",
    load: async () => (await import("./commands/models.ts")).modelsPathCommand,
  },
  {
    name: "models use",
    summary: "Change the model of this library; search goes on meanwhile",
    load: async () => (await import("./commands/models-use.ts")).modelsUseCommand,
  },
  {
    name: "models prune",
    summary: "Remove the vectors of models this library no longer uses",
    load: async () => (await import("./commands/models-prune.ts")).modelsPruneCommand,
  },
  {
    name: "costs",
    summary: "Show what language models cost, by day, model, kind, provider or run",
    load: async () => (await import("./commands/costs.ts")).costsCommand,
  },
  {
    name: "llm status",
    summary: "Show whether language models can be called, and what waits for them",
    load: async () => (await import("./commands/llm-status.ts")).llmStatusCommand,
  },
  {
    name: "llm pause",
    summary: "Call no language model until resumed",
    load: async () => (await import("./commands/llm-status.ts")).llmPauseCommand,
  },
  {
    name: "llm resume",
    summary: "Go on calling language models",
    load: async () => (await import("./commands/llm-status.ts")).llmResumeCommand,
  },
  {
    name: "llm ledger",
    summary: "List every request that left this machine for a language model",
    load: async () => (await import("./commands/llm-ledger.ts")).llmLedgerCommand,
  },
  {
    name: "llm clear-cache",
    summary: "Forget the answers that are kept so that they are not paid twice",
    load: async () => (await import("./commands/llm-clear-cache.ts")).llmClearCacheCommand,
  },
  {
    name: "vocabulary list",
    summary: "List the words tags are taken from",
    load: async () => (await import("./commands/vocabulary.ts")).vocabularyListCommand,
  },
  {
    name: "vocabulary preview",
    summary: "Show what a change of the vocabulary would do",
    load: async () => (await import("./commands/vocabulary.ts")).vocabularyPreviewCommand,
  },
  {
    name: "config show",
    summary: "Show every setting, its value and where it comes from",
    load: async () => (await import("./commands/config.ts")).configShowCommand,
  },
  {
    name: "config path",
    summary: "Print where the configuration file is",
    load: async () => (await import("./commands/config.ts")).configPathCommand,
  },
  {
    name: "config init",
    summary: "Write a commented configuration file",
    load: async () => (await import("./commands/config.ts")).configInitCommand,
  },
  {
    name: "doctor",
    summary: "Check this installation and say how to repair it",
    load: async () => (await import("./commands/doctor.ts")).doctorCommand,
  },
  {
    name: "demo",
    summary: "Try photon on a small generated library",
    load: async () => (await import("./commands/demo.ts")).demoCommand,
  },
];
