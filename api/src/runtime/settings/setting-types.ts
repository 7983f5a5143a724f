import { publicKeySchema } from '@naevus/shared/model/signature';
import * as z from 'zod';

// Values of settings that more than one runtime reads.

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
