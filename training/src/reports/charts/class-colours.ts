import { taxonomy } from '../../taxonomy/current.ts';

/** The taxonomy's colours, one a class in every picture, as a Vega-Lite scale. */
export function classColourScale(): { domain: string[]; range: string[] } {
  const { classes } = taxonomy();
  return {
    domain: classes.map(({ label }) => label),
    range: classes.map(({ colour }) => colour),
  };
}
