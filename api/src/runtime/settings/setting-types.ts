import { publicKeySchema } from '@naevus/shared/model/signature';
import * as z from 'zod';

// Values of settings that more than one runtime reads.

function numeric(pattern: RegExp, least: number, most: number, error: string) {
  return z.string().transform((text, context) => {
    const value = Number(text);
    if (pattern.test(text) && value >= least && value <= most) return value;
    context.addIssue({ code: 'custom', message: error });
    return z.NEVER;
  });
}

/** A whole number. */
export function whole(least: number, most: number) {
  return numeric(/^\d+$/, least, most, `must be a whole number from ${least} to ${most}`);
}

/** A number of seconds, which may have decimals. */
export function seconds(most: number) {
  const least = 0.001;
  const error = `must be a number of seconds from ${least} to ${most}`;
  return numeric(/^\d+(\.\d+)?$/, least, most, error);
}

/** `true` or `false`. */
export const flag = z
  .enum(['true', 'false'], { error: 'must be true or false' })
  .transform((text) => text === 'true');

const ORIGIN = /^https?:\/\/[^/\s,*]+$/;

/** Origins, separated by commas. */
export const origins = z.string().transform((text, context) => {
  const list = text.split(',').map((origin) => origin.trim());
  if (list.every((origin) => ORIGIN.test(origin))) return list;
  const message = 'must be origins like https://clinic.example, separated by commas';
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
});

/** Public keys, separated by commas. */
export const publicKeys = z.string().transform((text, context) => {
  const list = text.split(',').map((key) => key.trim());
  if (list.every((key) => publicKeySchema.safeParse(key).success)) return list;
  const message = 'must be public keys as models -- keygen prints them, separated by commas';
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
});

const WINDOWS = { second: 1, minute: 60, hour: 3600, day: 86_400 } as const;

/** Requests and a window. */
export const rate = z.string().transform((text, context) => {
  const [, requests, unit] = /^([1-9]\d{0,8})\/(second|minute|hour|day)$/.exec(text) ?? [];
  if (unit !== undefined) {
    return { requests: Number(requests), windowSeconds: WINDOWS[unit as keyof typeof WINDOWS] };
  }
  const message = 'must be requests and a window, like 600/minute (second, minute, hour or day)';
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
});
