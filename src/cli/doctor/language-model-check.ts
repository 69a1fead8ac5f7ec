/** Whether the language models that the settings name could be called. Nothing is sent. */
import type { LlmApi } from "../../app/enrichment/llm-api.ts";
import type { LlmStatus } from "../../app/enrichment/llm-status.ts";
import type { DoctorCheck, Finding } from "./check.ts";

export const languageModelFinding = ({ ready, problem, models }: LlmStatus, isChosen: boolean): Finding => {
  if (!isChosen) {
    return { status: "ok", message: "None is chosen; photos are described when llm.provider is set." };
  }
  const names = models.map(({ provider_key: key, model }) => `${model} (${key})`).join(", ");
  if (ready) return { status: "ok", message: `${names}; \`photon llm status --probe\` asks whether they answer.` };
  return {
    status: "warn",
    message: problem ?? "No language model can be called.",
    repair: "See `photon llm status`; `photon llm resume` goes on after a repair.",
  };
};

export const languageModelCheck: DoctorCheck = {
  name: "language-models",
  title: "Language models",
  async run({ photon, config: { llm: settings } }, signal) {
    const llm: LlmApi = await photon();
    const status = await llm.llmStatus({ probe: false }, signal);
    return languageModelFinding(status, settings.provider !== undefined || settings.model !== undefined);
  },
};
