import { createHash } from 'node:crypto';
import fc from 'fast-check';
import type { RequestBody } from '../support/http-client.js';
import { SeededContent } from '../support/seeded.js';
import type { KnownUpload, Patch } from './known-upload.js';

/** Most bytes sent at once to an upload whose length is deferred. */
const MOST = 40_000;

/** A PATCH, told without knowing the upload it is for. */
export interface PatchPlan {
  readonly from: 'right' | 'low' | 'high';
  readonly amount: 'none' | 'some' | 'rest' | 'over';
  /** How many thousandths `some` are. */
  readonly share: number;
  readonly chunked: boolean;
  readonly last: boolean;
  readonly checksum: Patch['checksum'];
  readonly says: 'nothing' | 'the length' | 'another length';
}

function mostly<T>(usual: T, ...others: T[]): fc.Arbitrary<T> {
  return fc.oneof(
    { weight: 4, arbitrary: fc.constant(usual) },
    { weight: 1, arbitrary: fc.constantFrom(...others) },
  );
}

const amounts = fc.constantFrom<PatchPlan['amount']>('some', 'some', 'some', 'rest', 'rest');

/** Any PATCH. */
export const patchPlans: fc.Arbitrary<PatchPlan> = fc.record({
  from: mostly<PatchPlan['from']>('right', 'low', 'high'),
  amount: fc.oneof(amounts, fc.constantFrom<PatchPlan['amount']>('none', 'over')),
  share: fc.integer({ min: 1, max: 999 }),
  chunked: fc.boolean(),
  last: fc.boolean(),
  checksum: mostly<Patch['checksum']>('none', 'right', 'wrong'),
  says: mostly<PatchPlan['says']>('nothing', 'the length', 'another length'),
});

/** A PATCH with nothing wrong in it. */
export const rightPatchPlans: fc.Arbitrary<PatchPlan> = fc
  .record({
    from: fc.constant('right' as const),
    amount: amounts,
    share: fc.integer({ min: 1, max: 999 }),
    chunked: fc.boolean(),
    checksum: mostly<Patch['checksum']>('none', 'right'),
    says: mostly<PatchPlan['says']>('nothing', 'the length'),
  })
  .map((plan) => ({ ...plan, last: plan.amount === 'rest' }));

/** How many bytes an upload has, or may have where that is deferred. */
export const lengths = fc.oneof(
  { weight: 1, arbitrary: fc.nat({ max: 3 }) },
  { weight: 4, arbitrary: fc.nat({ max: 100_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 1_000_000, max: 4_000_000 }) },
);

/** Makes the PATCH that a plan means for an upload; its body is like no other. */
export function patchOf(
  plan: PatchPlan,
  { held, length }: KnownUpload,
  bodies: () => number,
): Patch {
  const limit = length ?? held.length + MOST;
  const room = limit - held.length;
  const bytes = {
    none: 0,
    some: Math.ceil((room * plan.share) / 1000),
    rest: room,
    over: room + plan.share,
  }[plan.amount];
  const says = { nothing: undefined, 'the length': limit, 'another length': limit + 1 }[plan.says];
  return {
    offset: Math.max(held.length + { right: 0, low: -plan.share, high: plan.share }[plan.from], 0),
    body: new SeededContent(`body ${bodies()}`, bytes).bytes(),
    chunked: plan.chunked,
    last: plan.last,
    checksum: plan.checksum,
    length: says,
  };
}

/** The body of a PATCH as it is sent: chunked ones in two pieces, so that one may fit alone. */
export function bodyOf({ body, chunked }: Patch): RequestBody {
  const half = Math.ceil(body.length / 2);
  return chunked ? [body.subarray(0, half), body.subarray(half)] : body;
}

/** The digest that a PATCH tells of its body, in Base64: of another one where it is to be wrong. */
export function digestOf({ body, checksum }: Patch, algorithm: string): string {
  const hashed = checksum === 'wrong' ? Buffer.concat([body, Buffer.from('x')]) : body;
  return createHash(algorithm).update(hashed).digest('base64');
}
