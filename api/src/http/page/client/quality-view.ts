import { fill } from '../../../language/page/fill.ts';
import { spaced } from '../../../language/page/spaced.ts';
import type { QualityAnswer } from '../../../schemas/assessment.ts';
import { ABSTENTION_REASONS, QUALITY_REASONS, type ReasonCode } from '../../../schemas/reasons.ts';
import { create, element } from './element.ts';
import { language, texts } from './texts.ts';
import { figure } from './wording.ts';

type Check = QualityAnswer['checks'][number];

/** Each measure with its limits and what to do where it fails, those that fail first. */
export function showQuality(quality: QualityAnswer | undefined): void {
  const place = element('quality', HTMLElement);
  place.hidden = quality === undefined;
  const checks = [...(quality?.checks ?? [])].sort((a, b) => Number(a.passed) - Number(b.passed));
  element('quality-list', HTMLUListElement).replaceChildren(...checks.map(checkItem));
}

function checkItem(check: Check): HTMLLIElement {
  const { check: name, value, min, max, passed } = check;
  const item = create('li');
  item.dataset.passed = String(passed);
  const limits = [
    ...(min === undefined ? [] : [fill(texts.atLeast, { limit: figure(min, language) })]),
    ...(max === undefined ? [] : [fill(texts.atMost, { limit: figure(max, language) })]),
  ].join(', ');
  item.append(
    create('strong', texts.measures[name]),
    `${spaced(':', language)} ${passed ? texts.sound : texts.failed} `,
    create('span', `${figure(value, language)} (${limits})`, 'fine'),
  );
  if (!passed) item.append(create('p', adviceOn(check)));
  return item;
}

/** What to do about a measure that is below its least value, or above its greatest. */
function adviceOn({ check, value, min }: Check): string {
  const { low, high } = QUALITY_REASONS[check];
  return adviceFor(min !== undefined && value < min ? low : high)!;
}

/** What to do so that an answer need not abstain for a reason; undefined for reasons of other kinds. */
export function adviceFor(code: ReasonCode): string | undefined {
  if (!ABSTENTION_REASONS.includes(code)) return undefined;
  return (texts.advice as Readonly<Partial<Record<ReasonCode, string>>>)[code];
}
