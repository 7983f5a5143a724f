import { describe, expect, it } from 'vitest';
import { refuseOtherBodies } from './upload.ts';

const refuse = (text: string) => () => refuseOtherBodies(Buffer.from(text, 'latin1'));

describe('a raw body', () => {
  it.each([
    ['gzip', '\x1f\x8b\x08\x00', /gzip.*without compression/],
    ['JSON', ' {"image": "abc"}', /JSON.*"Content-Type: application\/json"/],
    ['JSON with a byte order mark', '\xef\xbb\xbf{ "images": []}', /application\/json/],
    [
      'a form',
      '--xyz\r\nContent-Disposition: form-data; name="image"\r\n\r\n',
      /multipart\/form-data; boundary.*curl/,
    ],
    ['a data: URL', 'data:image/png;base64,iVBO', /data: URL.*application\/json/],
  ])('of %s is told what is wrong', (_, text, words) => {
    expect(refuse(text)).toThrow(
      expect.objectContaining({
        kind: 'unsupported-format',
        message: expect.stringMatching(words),
      }),
    );
  });

  it.each([
    ['a JPEG', '\xff\xd8\xff\xe0'],
    ['a PNG', '\x89PNG\r\n\x1a\n'],
    ['nothing known', '{}'],
    ['text', 'hello'],
  ])('of %s is left to who reads images', (_, text) => {
    expect(refuse(text)).not.toThrow();
  });
});
