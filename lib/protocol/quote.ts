const LONGEST = 60;

/**
 * A client's value as it may stand in a message: in double quotes, everything but printable ASCII
 * escaped, and no more of it than 60 characters, then followed by three dots.
 */
export function quote(value: string): string {
  let shown = '';
  for (let index = 0; index < value.length; index++) {
    const next = escaped(value.charAt(index));
    if (shown.length + next.length > LONGEST) return `"${shown}"...`;
    shown += next;
  }
  return `"${shown}"`;
}

function escaped(character: string): string {
  if (character === '"' || character === '\\') return `\\${character}`;
  if (character >= ' ' && character <= '~') return character;
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
