/** Settings that a server cannot start with; the message names each, one a line. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}
