/** Goes with every answer about an image, and into every model card. */
export const DISCLAIMER =
  'For research and education only. Not a medical device: do not diagnose, treat or delay care on this answer. If a lesion worries you, see a doctor.';
