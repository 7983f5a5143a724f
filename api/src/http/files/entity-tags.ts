/** An entity tag of RFC 9110, section 8.8.3. */
const TAG = /(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/g;

/**
 * Whether `If-None-Match` or `If-Match` names a file: by one of its tags, or by `*`, which names every file.
 *
 * @param etag strong, of the file
 * @param comparison `weak` for `If-None-Match`, `strong` for `If-Match` (RFC 9110, sections 13.1.1 and 13.1.2)
 */
export function namesFile(header: string, etag: string, comparison: 'weak' | 'strong'): boolean {
  if (header.trim() === '*') return true;
  const tags = header.match(TAG) ?? [];
  return tags.some((tag) => (comparison === 'weak' ? tag.replace(/^W\//, '') : tag) === etag);
}
