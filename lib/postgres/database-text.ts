/** The control character ESC, which no name and no path has. */
const MARK = '\u001b';

/** What PostgreSQL's texts cannot hold, and the mark itself. */
const UNFIT = new RegExp(`[\\0${MARK}]|\\p{Cs}`, 'gu');

const MARKED = new RegExp(`${MARK}([\\da-f]{4})`, 'g');

/**
 * A text as a column has it: nearly always the same. PostgreSQL has no texts with NUL or half
 * characters (the half of a pair), so these stand as the mark with four hexadecimal digits.
 *
 * @throws TypeError for what is no text
 */
export function toDatabaseText(text: string): string {
  return text.replace(UNFIT, (unfit) => {
    const digits = unfit.charCodeAt(0).toString(16).padStart(4, '0');
    return MARK + digits;
  });
}

/** The text that a column has. */
export function fromDatabaseText(text: string): string {
  return text.replace(MARKED, (_, digits: string) => String.fromCharCode(parseInt(digits, 16)));
}
