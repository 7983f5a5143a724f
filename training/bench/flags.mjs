import { parseArgs } from 'node:util';

/** What was typed cannot be run: told in a line, without a stack. */
export class UsageError extends Error {}

/**
 * The flags of a command line.
 *
 * @param {readonly string[]} args
 * @param {import('node:util').ParseArgsConfig['options']} options
 * @throws {UsageError} naming what is not understood
 */
export function parseFlags(args, options) {
  try {
    return parseArgs({ args, options }).values;
  } catch (error) {
    throw new UsageError(error.message);
  }
}

/** @throws {UsageError} where it is not a whole number from 1 on */
export function wholeNumber(flag, text) {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  throw new UsageError(`--${flag} must be a whole number from 1 on, not ${text}`);
}
