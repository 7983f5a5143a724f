import { expect, it } from 'vitest';
import { withCode } from './with-code.ts';

it('shows what stands between backticks as code, and text as text', async () => {
  expect(String(await withCode('Send `top_k=1` & `<b>`.'))).toBe(
    'Send <code>top_k=1</code> &amp; <code>&lt;b&gt;</code>.',
  );
  expect(String(await withCode())).toBe('');
});
