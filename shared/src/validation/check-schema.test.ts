import { expect, it } from 'vitest';
import * as z from 'zod';
import { checkSchema } from './check-schema.ts';

const faultsOf = (schema: z.ZodType, value: unknown) => checkSchema(schema, value).faults;

it('gives the value that fits', () => {
  expect(checkSchema(z.object({ a: z.number().default(2) }), {})).toEqual({ data: { a: 2 } });
});

it.each<[string, z.ZodType, unknown, string]>([
  ['a missing member', z.object({ a: z.number() }), {}, 'a is missing'],
  ['a text for a number', z.object({ a: z.number() }), { a: 'x' }, 'a must be a number'],
  ['NaN', z.object({ a: z.number() }), { a: Number.NaN }, 'a must be a number'],
  ['a fraction', z.object({ a: z.int() }), { a: 1.5 }, 'a must be a whole number'],
  ['a number for a flag', z.object({ a: z.boolean() }), { a: 1 }, 'a must be true or false'],
  ['a list for an object', z.object({}), [], 'the document must be a JSON object'],
  ['a small number', z.object({ a: z.number().min(1) }), { a: 0 }, 'a must be at least 1'],
  ['zero', z.object({ a: z.number().positive() }), { a: 0 }, 'a must be more than 0'],
  ['a large number', z.object({ a: z.number().max(1) }), { a: 2 }, 'a must be at most 1'],
  [
    'an empty text',
    z.object({ a: z.string().min(1) }),
    { a: '' },
    'a must have at least 1 character',
  ],
  [
    'a long list',
    z.object({ a: z.array(z.any()).length(2) }),
    { a: [1] },
    'a must have exactly 2 items',
  ],
  ['a wrong choice', z.object({ a: z.enum(['x', 'y']) }), { a: 'z' }, 'a must be one of x, y'],
  ['another literal', z.object({ a: z.literal(1) }), { a: 2 }, 'a must be 1'],
  ['an unknown member', z.strictObject({}), { b: 1 }, 'the document has an unknown member: "b"'],
  [
    'a bad form',
    z.object({ a: z.string().regex(/^x$/) }),
    { a: 'y' },
    'a must have the form /^x$/',
  ],
  [
    'a bad time',
    z.object({ a: z.iso.datetime() }),
    { a: 'y' },
    /^a must be a time like 2026/.source,
  ],
  [
    'no branch',
    z.union([z.number(), z.array(z.number())]),
    'x',
    'the document must be a number or must be a list',
  ],
  [
    'a deep member',
    z.object({ a: z.array(z.object({ b: z.number() })) }),
    { a: [{}] },
    'a.0.b is missing',
  ],
])('describes %s', (_, schema, value, fault) => {
  const faults = faultsOf(schema, value)!;
  expect(faults).toHaveLength(1);
  expect(faults[0]).toMatch(fault.startsWith('^') ? new RegExp(fault) : fault);
  if (!fault.startsWith('^')) expect(faults[0]).toBe(fault);
});

it('keeps a message that the schema gives itself', () => {
  const even = z.number().refine((n) => n % 2 === 0, 'is odd');
  expect(faultsOf(z.object({ n: even }), { n: 3 })).toEqual(['n is odd']);
});

it('never repeats the value', () => {
  const secret = z.object({ key: z.string().regex(/^[0-9]+$/) });
  expect(faultsOf(secret, { key: 'the-secret' })!.join()).not.toContain('the-secret');
});
