import type { DescribedHeader } from './operation.interface.js';

/** Bytes, as OpenAPI has them. */
export const BYTES = { schema: { type: 'string', format: 'binary' } } as const;

export function text(description: string): DescribedHeader {
  return { description, schema: { type: 'string' } };
}

export function count(description: string): DescribedHeader {
  return { description, schema: { type: 'integer' } };
}

/** One of some words. */
export function oneOf(words: readonly string[], description: string): DescribedHeader {
  return { description, schema: { type: 'string', enum: words } };
}

export function needed(header: DescribedHeader): DescribedHeader {
  return { ...header, required: true };
}
