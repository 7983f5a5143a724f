import counts from './ham10000-counts.json' with { type: 'json' };

/** Images a class in all of HAM10000 (Tschandl et al. 2018, table 2). */
export const HAM10000_COUNTS: Readonly<Record<string, number>> = counts;
