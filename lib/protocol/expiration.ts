/**
 * A time as `Upload-Expires` has it (tus 1.0 §Upload-Expires): an IMF-fixdate (RFC 9110 §5.6.7),
 * cut to whole seconds.
 *
 * @param time milliseconds since the epoch.
 */
export function formatExpires(time: number): string {
  return new Date(time).toUTCString();
}
