/** How providers' batches are used. */
import { DAY } from "../../clock.ts";

/** Providers answer batches within it; a job that no batch has taken by then is called by itself. */
export const BATCH_WINDOW_MS = DAY;
