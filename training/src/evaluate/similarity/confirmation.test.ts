import { expect, it } from 'vitest';
import { confirmationOf } from './confirmation.ts';

it.each([
  [{ dx_type: 'histo' }, 'histology'],
  [{ dx_type: ' Follow_Up ' }, 'follow_up'],
  [{ dx_type: 'consensus' }, 'consensus'],
  [{ diagnosis_confirm_type: 'confocal microscopy with consensus dermoscopy' }, 'confocal'],
  [{ dx_type: 'asked a friend' }, 'unknown'],
  [{ dx_type: '' }, 'unknown'],
  [{ sex: 'male' }, 'unknown'],
])('%j is %s', (metadata, confirmation) => {
  expect(confirmationOf(metadata as unknown as Record<string, string>)).toBe(confirmation);
});
