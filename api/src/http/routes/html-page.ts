import type { Context } from 'hono';
import { html } from 'hono/html';
import type { AppEnv } from '../context/app-env.ts';

type Html = ReturnType<typeof html>;

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 52rem; padding: 1rem; overflow-wrap: anywhere; }
pre { overflow-x: auto; padding: .75rem; border: 1px solid #8886; border-radius: .25rem; }
section { border-top: 1px solid #8886; margin-top: 1.5rem; }
.method { font-weight: 700; }
.notice { border-left: .25rem solid #c60; padding-left: .75rem; }
dt { font-weight: 600; }
`;

let policy: string | undefined;

/** Nothing is loaded, run or sent anywhere; only the page's own style, by its hash. */
async function contentSecurityPolicy(): Promise<string> {
  if (policy === undefined) {
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(STYLE));
    const hash = btoa(String.fromCharCode(...new Uint8Array(digest)));
    policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
  }
  return policy;
}

/** A page that needs no other host and no script, as bytes. */
export async function renderPage(title: string, body: Html): Promise<Uint8Array<ArrayBuffer>> {
  const page = await html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
${body}
</body>
</html>
`;
  return new TextEncoder().encode(page.toString());
}

/** Answers with what {@link renderPage} gave. */
export async function respondWithPage(
  c: Context<AppEnv>,
  page: Uint8Array<ArrayBuffer>,
): Promise<Response> {
  return c.body(page, 200, {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': await contentSecurityPolicy(),
    'Referrer-Policy': 'no-referrer',
  });
}
