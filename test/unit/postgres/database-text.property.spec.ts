import { assert, property, string } from 'fast-check';
import { fromDatabaseText, toDatabaseText } from '../../../lib/postgres/database-text.js';

describe('A text in the database', () => {
  it('is read back as it was, and never has what PostgreSQL cannot hold', () => {
    assert(
      property(string({ unit: 'binary' }), string({ unit: 'binary' }), (text, other) => {
        const kept = toDatabaseText(text);
        expect(fromDatabaseText(kept)).toBe(text);
        expect(kept).not.toContain('\0');
        expect(Buffer.from(kept).toString()).toBe(kept);
        expect(kept === toDatabaseText(other)).toBe(text === other);
      }),
      {
        examples: [
          ['\0', '\u001b0000'],
          ['\u001b', '\u001b001b'],
          ['\ud800', '\udc00'],
          ['a\u001b', 'a'],
        ],
      },
    );
  });

  it.each(['ann', 'CORP\\ann', "o'brien", 'é 🎞 \n\t', '%_"$1'])('is %j itself', (text) => {
    expect(toDatabaseText(text)).toBe(text);
  });
});
