/** Characters of Windows-1252 beyond Latin-1, which the standard fonts of PDF have. */
const BEYOND_LATIN_1 = '€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ';

/** Characters that look the same. */
const ALIKE: Readonly<Record<string, string>> = {
  '\u2212': '-',
  '\u202f': '\u00a0',
  '\u2009': '\u00a0',
  '\u2011': '-',
};

/** The text in characters that the standard fonts of PDF have; a question mark for each other one. */
export function printable(text: string): string {
  return [...text.normalize('NFC')]
    .map((letter) => ALIKE[letter] ?? letter)
    .map((letter) => (isPrintable(letter) ? letter : '?'))
    .join('');
}

function isPrintable(letter: string): boolean {
  const code = letter.codePointAt(0)!;
  return (
    (code >= 0x20 && code <= 0x7e) ||
    (code >= 0xa0 && code <= 0xff) ||
    BEYOND_LATIN_1.includes(letter)
  );
}
