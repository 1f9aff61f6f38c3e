/**
 * Cuts off both ends the characters (UTF-16 code units) that `drop` names, in linear time where a
 * regular expression would look at a run in the middle again and again.
 */
export function trimWhere(text: string, drop: (character: string) => boolean): string {
  let start = 0;
  while (start < text.length && drop(text.charAt(start))) start++;
  return trimEndWhere(text.slice(start), drop);
}

/** As {@link trimWhere}, at the end only. */
export function trimEndWhere(text: string, drop: (character: string) => boolean): string {
  let end = text.length;
  while (end > 0 && drop(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}
