/** Summaries of the first words that only group commands. */
export const commandGroups: Readonly<Record<string, string>> = {
  agent: "Watch folders in the background",
  config: "Show and create the configuration",
  llm: "Language models: state, pauses, what was sent, kept answers",
  index: "Look at and rebuild the search index",
  models: "List, download, check and choose embedding models",
  roots: "Folders of the library",
  quarantine: "Photos that could not be processed",
  vocabulary: "The words tags are taken from",
  review: "Decide about results of language models, appointments and proposals",
  tag: "Give and refuse tags by hand",
  watches: "Standing watches: be told of new photos of something",
  worker: "Processes that photon starts itself",
};
