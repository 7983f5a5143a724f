import { fill } from '../../../language/page/fill.ts';
import { button, create, element } from './element.ts';
import type { NoAnswer } from './no-answer.ts';
import { texts } from './texts.ts';

/**
 * Says why there is no answer.
 *
 * @param tryAgain for what may succeed later
 */
export function showProblem(reason: NoAnswer, tryAgain: (() => void) | undefined): void {
  const text = create('p');
  if (reason.language) text.lang = reason.language;
  text.append(create('strong', reason.title), ` ${reason.detail}`);
  const { requestId } = reason;
  element('problem', HTMLElement).replaceChildren(
    text,
    ...(requestId ? [create('p', fill(texts.requestId, { id: requestId }), 'fine')] : []),
    ...(reason.again && tryAgain ? [button(texts.tryAgain, tryAgain)] : []),
  );
  element('key-form', HTMLFormElement).hidden = !reason.wantsKey;
}

/** Takes a problem away. */
export function clearProblem(): void {
  element('problem', HTMLElement).replaceChildren();
  element('key-form', HTMLFormElement).hidden = true;
}
