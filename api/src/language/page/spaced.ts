/** A colon or semicolon with the space that French puts before it. */
export function spaced(sign: ':' | ';', language: string): string {
  return language === 'fr' ? `\u00a0${sign}` : sign;
}
