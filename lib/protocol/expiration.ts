let last = { second: Number.NaN, text: '' };

/**
 * A time as `Upload-Expires` has it (tus 1.0 §Upload-Expires): an IMF-fixdate (RFC 9110 §5.6.7),
 * cut to whole seconds.
 *
 * @param time milliseconds since the epoch.
 */
export function formatExpires(time: number): string {
  const second = Math.trunc(time / 1000);
  // What is created in the same second expires in the same one.
  if (second !== last.second) last = { second, text: new Date(time).toUTCString() };
  return last.text;
}
