/**
 * The commands of a Markdown document, in order: the lines of its blocks of shell, with continued lines in one.
 *
 * @param {string} markdown
 * @returns {string[][]} a list of commands for each block
 */
export function readCommands(markdown) {
  const blocks = [...markdown.matchAll(/^```(?:sh|bash)\n([\s\S]*?)^```/gm)];
  return blocks.map(([, text]) =>
    text
      .replaceAll(/\\\n\s*/g, '')
      .split('\n')
      .map((line) => line.replace(/\s+#\s.*$/, '').trim())
      .filter((line) => line !== '' && !line.startsWith('#')),
  );
}
