/** Where an ICC profile says what its colours are made of (ICC.1:2022, section 7.2.6). */
const PROFILE_SPACE = 16;

/** Whether an ICC profile is of RGB. */
export function isRgbProfile(profile: Uint8Array): boolean {
  return String.fromCharCode(...profile.subarray(PROFILE_SPACE, PROFILE_SPACE + 4)) === 'RGB ';
}
