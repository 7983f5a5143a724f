import type * as z from 'zod';
import type { Taxonomy } from '../taxonomy/taxonomy.ts';
import { criticalWords } from './operating-point.ts';

/** A figure of the critical classes: under the first name where melanoma is the only one, else under the second. */
export const CRITICAL_MEMBERS = ['melanomaSensitivity', 'criticalSensitivity'] as const;

export type CriticalMember = (typeof CRITICAL_MEMBERS)[number];

/** Under which name figures of these classes are written. */
export function criticalMember(taxonomy: Taxonomy): CriticalMember {
  return criticalWords(taxonomy).join() === 'melanoma'
    ? 'melanomaSensitivity'
    : 'criticalSensitivity';
}

/** Of these figures, that of the critical classes; undefined where no class is critical. */
export function criticalFigure<T>(
  figures: Readonly<Partial<Record<CriticalMember, T | undefined>>>,
): T | undefined {
  return figures.melanomaSensitivity ?? figures.criticalSensitivity;
}

/** The members of an object schema for a figure of the critical classes: one of them is there, where a class is critical. */
export function criticalFigures<S extends z.ZodType>(
  schema: S,
): Record<CriticalMember, z.ZodOptional<S>> {
  return { melanomaSensitivity: schema.optional(), criticalSensitivity: schema.optional() };
}
