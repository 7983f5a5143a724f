/** The labels of `ham10000.json` for types, which JSON cannot give. */
export const HAM10000_LABELS = ['akiec', 'bcc', 'bkl', 'df', 'mel', 'nv', 'vasc'] as const;

export type Ham10000Label = (typeof HAM10000_LABELS)[number];
