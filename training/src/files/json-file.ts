import { readFile } from 'node:fs/promises';
import { checkSchema } from '@naevus/shared/validation/check-schema';
import type { z } from 'zod';
import { replaceFile } from './replace-file.ts';

/**
 * The text of a file, without a byte order mark.
 *
 * @throws Error that names the file and the system's reason
 */
export async function readText(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new Error(`cannot read ${path}: ${cause.code ?? cause.message}`, { cause });
  });
  return text.replace(/^\uFEFF/, '');
}

/**
 * The content of a JSON file.
 *
 * @throws Error that names the file and what is wrong with it: unreadable, not JSON, or each member that does
 *   not fit
 */
export async function readJson<T>(path: string, schema: z.ZodType<T>): Promise<T> {
  return parseJson(await readText(path), path, schema);
}

/**
 * JSON text as what a schema describes.
 *
 * @param origin names the text in errors
 * @throws Error when it is not JSON, or does not fit
 */
export function parseJson<T>(text: string, origin: string, schema: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Error(`${origin} is not JSON`, { cause });
  }
  return requireSchema(value, origin, schema);
}

/**
 * A value as what a schema describes.
 *
 * @throws Error with each member that does not fit
 */
export function requireSchema<T>(value: unknown, origin: string, schema: z.ZodType<T>): T {
  const { data, faults } = checkSchema(schema, value, 'the whole');
  if (faults === undefined) return data;
  throw new Error(`${origin} does not fit:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
}

/** Writes JSON for people and programs alike, in one step. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  await replaceFile(path, jsonText(value));
}

/** JSON as the project's files have it: two spaces, a newline at the end. */
export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
