import { LABELS, type Label } from '@naevus/shared/taxonomy';

/** One colour a class in every picture: Okabe and Ito's palette, which colour-blind readers can tell apart. */
export const CLASS_COLOURS: Readonly<Record<Label, string>> = {
  akiec: '#e69f00',
  bcc: '#d55e00',
  bkl: '#56b4e9',
  df: '#009e73',
  mel: '#000000',
  nv: '#0072b2',
  vasc: '#cc79a7',
};

/** The same as a Vega-Lite scale. */
export const CLASS_COLOUR_SCALE = {
  domain: [...LABELS],
  range: LABELS.map((label) => CLASS_COLOURS[label]),
};
