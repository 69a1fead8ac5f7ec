/**
 * Refusals and questions in plain words, from models that have no other way to say them. Looked for only where no object
 * was found: a description of a photo may well apologise or ask.
 */
import { capText, foldWhitespace } from "../visible-text.ts";

/** Characters; longer texts are failed answers, not short words of refusal. */
const MAX_SOFT_REPLY_LENGTH = 600;
const MAX_QUESTIONS = 3;
const MAX_QUESTION_LENGTH = 300;

const APOLOGIES: readonly RegExp[] = [
  /\bi(?:['’]m| am) (?:(?:very|so|really) )?(?:sorry|afraid)\b/i,
  /\b(?:sorry|apologies|i apologi[sz]e)\b[^.!?]{0,80}\b(?:can(?:no|['’])?t|unable|not able|won['’]t)\b/i,
  /\bi (?:can(?:not|['’]t| not)|am unable to|['’]m unable to|am not able to|['’]m not able to|won['’]t|will not|must decline)\b/i,
  /\bas an ai\b/i,
  /\b(?:lo siento|no puedo)\b/i,
  /\b(?:je suis désolée?|désolée?,|je ne peux pas)/i,
  /\b(?:es tut mir leid|tut mir leid|ich kann (?:diese|das|dir|ihnen|dabei)[^.!?]*\bnicht\b)/i,
];

const isShort = (text: string): boolean => text.length > 0 && text.length <= MAX_SOFT_REPLY_LENGTH;

export const isSoftRefusal = (reply: string): boolean => {
  const text = reply.trim();
  return isShort(text) && APOLOGIES.some((pattern) => pattern.test(text));
};

/** @returns the questions of a reply that ends in one; empty = it does not ask */
export const softQuestions = (reply: string): readonly string[] => {
  const text = foldWhitespace(reply);
  if (!isShort(text) || !/[?？]["'”’)]?$/u.test(text)) return [];
  const questions = text.match(/[^.!?。！？]+[?？]/gu) ?? [];
  return questions
    .map((question) => capText(question.replace(/^[\s\-*\d)"'”’]+/u, ""), MAX_QUESTION_LENGTH))
    .filter((question) => /\p{L}/u.test(question))
    .slice(-MAX_QUESTIONS);
};
