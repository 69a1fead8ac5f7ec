/** The self-test of models as downloads and checks run it. */
import type { Judge } from "../../models/embedding/download/judge-model.ts";
import { selfTest } from "../../models/embedding/self-test.ts";
import type { Clock } from "../clock.ts";
import type { Config } from "../config.ts";
import type { Logger } from "../logger.ts";
import { selfTestDeps } from "./self-test-deps.ts";

export const createModelJudge =
  (config: Config, { logger, clock }: { readonly logger: Logger; readonly clock: Clock }): Judge =>
  (model, signal) =>
    selfTest(model, selfTestDeps(config, { logger, clock }), signal);
