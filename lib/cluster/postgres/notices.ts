/** Characters of a notice, each a byte: PostgreSQL takes less than 8000 (PostgreSQL, §NOTIFY). */
const LONGEST = 7500;

/** What is not ASCII, or may not stand in a text of the database. */
const UNFIT = /[\u0080-\uffff]/g;

/** Pieces of a message that has not come whole. */
interface Incomplete {
  readonly pieces: string[];
  missing: number;
}

/** Writes messages as notices: a long one in pieces. */
export class NoticeWriter {
  private written = 0;

  /** @param from tells the writer from all others */
  constructor(private readonly from: string) {}

  write(message: object): string[] {
    const text = JSON.stringify(message).replace(UNFIT, escaped);
    const count = Math.ceil(text.length / LONGEST);
    const number = ++this.written;
    return Array.from({ length: count }, (_, index) => {
      const piece = text.slice(index * LONGEST, (index + 1) * LONGEST);
      return `${this.from} ${number} ${index} ${count} ${piece}`;
    });
  }
}

/** Reads them. */
export class NoticeReader {
  private readonly incomplete = new Map<string, Incomplete>();

  /** @returns `undefined` unless the notice is the last piece of a message */
  read(notice: string): unknown {
    const [from, number, index, count] = notice.split(' ', 4) as [string, string, string, string];
    const head = `${from} ${number} ${index} ${count} `;
    const piece = notice.slice(head.length);
    if (count === '1') return JSON.parse(piece);
    const id = `${from} ${number}`;
    const message = this.incomplete.get(id) ?? { pieces: [], missing: Number(count) };
    message.pieces[Number(index)] = piece;
    message.missing -= 1;
    this.incomplete.set(id, message);
    if (message.missing > 0) return undefined;
    this.incomplete.delete(id);
    return JSON.parse(message.pieces.join(''));
  }

  /** Forgets what a writer will not complete. */
  forget(from: string): void {
    for (const id of this.incomplete.keys()) {
      if (id.startsWith(`${from} `)) this.incomplete.delete(id);
    }
  }
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
