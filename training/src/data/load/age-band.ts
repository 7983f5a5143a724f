const BANDS = [
  { under: 30, name: 'under 30' },
  { under: 45, name: '30 to 44' },
  { under: 60, name: '45 to 59' },
  { under: 75, name: '60 to 74' },
  { under: Number.POSITIVE_INFINITY, name: '75 and over' },
];

/** The bands that patients' ages are reported in, from the youngest. */
export const AGE_BANDS: readonly string[] = BANDS.map(({ name }) => name);

/**
 * @param age in years, as the metadata have it.
 * @returns one of `AGE_BANDS`; undefined where the text is no age.
 */
export function ageBand(age: string): string | undefined {
  const years = age.trim() === '' ? Number.NaN : Number(age);
  if (!Number.isFinite(years) || years < 0) return undefined;
  return BANDS.find(({ under }) => years < under)!.name;
}
