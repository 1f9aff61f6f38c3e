import { randomFillSync } from 'node:crypto';

const ID_BYTES = 16;

/** Random bytes are drawn in bulk: a few at a time were a twentieth of what a creation costs. */
const pool = Buffer.alloc(256 * ID_BYTES);
let position = pool.length;

/** A new id: 32 hexadecimal digits, 128 random bits that are given once. */
export function newId(): string {
  if (position === pool.length) {
    randomFillSync(pool);
    position = 0;
  }
  const id = pool.toString('hex', position, position + ID_BYTES);
  position += ID_BYTES;
  return id;
}
