import { type Kept, LesionPage } from './lesion-page.ts';
import { NoAnswer } from './no-answer.ts';
import { showProblem } from './problem-view.ts';
import { Session } from './session.ts';
import { fetchPage, replacePage } from './switch-language.ts';
import { texts } from './texts.ts';

const session = new Session(sessionStorageOrNone());
let page = new LesionPage(session);

document.addEventListener('click', (event) => {
  const { target } = event;
  const link = target instanceof Element && target.closest<HTMLAnchorElement>('.languages a');
  // With a key held, the browser opens another tab or window.
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  void showIn(link.href);
});

/** The page in another language, without a load: photos, answers and a key are in its memory alone. */
async function showIn(url: string): Promise<void> {
  const next = await fetchPage(url);
  if (!next) {
    const { unreachable, unreachableDetail } = texts.problems;
    showProblem(new NoAnswer(unreachable, unreachableDetail), undefined);
    return;
  }
  const kept: Kept = page.leave();
  history.replaceState(null, '', url);
  try {
    replacePage(next);
    page = new LesionPage(session, kept);
  } catch {
    // A newer page, to which this script does not belong.
    location.reload();
  }
}

/** Undefined where the browser keeps nothing. */
function sessionStorageOrNone(): Storage | undefined {
  try {
    return window.sessionStorage;
  } catch {
    return undefined;
  }
}
