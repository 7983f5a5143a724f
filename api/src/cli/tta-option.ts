import { TTA_CHOICES, type TtaViews } from '@naevus/shared/network/test-time-augmentation';
import { ANY_REQUEST_SCHEMAS } from '../schemas/request.ts';
import { UsageError } from './usage-error.ts';

/** What --tta is, for a command's help. */
export const TTA_HELP = `${TTA_CHOICES.join(', ')}: turned views of the picture, at two sizes, to average over (default 1); takes as many times as long`;

/** @throws UsageError when the value of --tta is not one of the choices */
export function readTta(value: unknown): TtaViews {
  const query = ANY_REQUEST_SCHEMAS.predict.pick({ tta: true }).safeParse({ tta: value });
  if (!query.success) throw new UsageError(`--tta ${ANY_REQUEST_SCHEMAS.rules.tta}, not ${value}`);
  return query.data.tta;
}
