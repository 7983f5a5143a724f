import { html, raw } from 'hono/html';
import { forAnyImages } from '../../language/any-images.ts';
import { CATALOGUES } from '../../language/catalogues.ts';
import { classTexts } from '../../language/class-texts.ts';
import { isHam10000 } from '../../language/ham10000.ts';
import { fill } from '../../language/page/fill.ts';
import type { Language } from '../../schemas/languages.ts';
import { answerSection } from './answer-section.ts';
import { examplesSection } from './examples-section.ts';
import { footer } from './footer.ts';
import { masthead } from './masthead.ts';
import type { PageContext, ServedPage } from './page-context.ts';
import { photosSection } from './photos-section.ts';
import { questionsSection } from './questions-section.ts';
import { compareSection, sessionSection } from './session-section.ts';
import { similarSection } from './similar-section.ts';

/**
 * The page, whole, in a language. `client/main.ts` fills in what an answer brings; it finds its places by their ids,
 * and its texts in `texts`.
 */
export async function pageHtml(served: ServedPage, language: Language): Promise<string> {
  const { page, ...caveats } = CATALOGUES[language];
  const { script } = page;
  const markup = isHam10000(served.taxonomy) ? page.markup : forAnyImages(page.markup, language);
  const texts = classTexts(served.taxonomy, language);
  const { classes } = texts;
  const own = { classes, classTexts: texts };
  const context: PageContext = { ...served, language, markup, script, ...own, caveats };
  const count = served.taxonomy.classes.length;
  const riskOf = Object.fromEntries(
    served.taxonomy.classes.map(({ label, risk }) => [label, risk]),
  );
  const result = await html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="description" content="${fill(markup.description, { count })}">
<title>${markup.title}</title>
<link rel="icon" type="image/png" href="assets/icon.png">
<link rel="stylesheet" href="assets/page.css">
<script type="application/json" id="texts">${raw(inScript({ ...script, classes, riskOf }))}</script>
<script type="module" src="assets/page.js"></script>
</head>
<body>
${masthead(context)}
<main id="main" tabindex="-1">
${photosSection(context)}
${answerSection(context)}
${questionsSection(context)}
${similarSection(context)}
${sessionSection(context)}
${compareSection(context)}
${examplesSection(context)}
</main>
${footer(context)}
</body>
</html>
`;
  return result.toString();
}

/** JSON that cannot end the element it is in. It is data: a browser runs nothing of it. */
function inScript(value: object): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}
