/** Scores from evidence. One scale for every signal: 0..1, with two levels that part good, weak and no matches. */
import type { ScoreCalibration } from "../../models/embedding/encoder.ts";
import type { Match } from "./types.ts";

/** Scores at which a hit stops being chance and starts being good. */
export interface MatchLevels {
  readonly weak: number;
  readonly good: number;
}

/** Levels of a search without vectors. */
export const WORD_LEVELS: MatchLevels = { weak: 0.25, good: 0.75 };
/** Score of a photo whose text holds every word of the query. */
const EXACT_WORDS_SCORE = 0.9;
const HALF = 0.5;

export const vectorScore = ({ scale, bias }: ScoreCalibration, cosine: number): number =>
  1 / (1 + Math.exp(-(scale * cosine + bias)));

export const levelsOf = (calibration: ScoreCalibration): MatchLevels => ({
  weak: vectorScore(calibration, calibration.noMatchBelow),
  good: vectorScore(calibration, calibration.goodFrom),
});

/** All words: good. At least half of them: weak. Fewer: chance. Straight lines between. */
export const wordsScore = (coverage: number, { weak, good }: MatchLevels): number => {
  if (coverage >= 1) return Math.max(EXACT_WORDS_SCORE, good);
  if (coverage < HALF) return (weak * coverage) / HALF;
  return weak + ((good - weak) * (coverage - HALF)) / (1 - HALF);
};

export const matchOf = (score: number, { weak, good }: MatchLevels): Match =>
  score >= good ? "good" : score >= weak && score > 0 ? "weak" : "none";
