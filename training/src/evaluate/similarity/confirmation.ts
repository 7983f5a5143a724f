import type { Confirmation } from '@naevus/shared/model/similar-cases-spec';

/** By the words of HAM10000's `dx_type` and the ISIC archive's `diagnosis_confirm_type`. */
const CONFIRMATION_OF: Readonly<Record<string, Confirmation>> = {
  histo: 'histology',
  histology: 'histology',
  histopathology: 'histology',
  follow_up: 'follow_up',
  'serial imaging showing no change': 'follow_up',
  consensus: 'consensus',
  'single image expert consensus': 'consensus',
  confocal: 'confocal',
  'confocal microscopy with consensus dermoscopy': 'confocal',
  clinical: 'clinical',
  'single contributor clinical assessment': 'clinical',
};

/** How a diagnosis was confirmed, by the columns of its metadata; `unknown` where none of them says. */
export function confirmationOf(metadata: Readonly<Record<string, string>>): Confirmation {
  const text = metadata.dx_type || metadata.diagnosis_confirm_type || '';
  return CONFIRMATION_OF[text.trim().toLowerCase()] ?? 'unknown';
}
