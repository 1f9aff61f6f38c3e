import { ProtocolError } from '../../../lib/protocol/index.js';

/** The refusal a call ends with; the test fails when there is none, or another error. */
export function refusal(call: () => unknown): ProtocolError {
  try {
    call();
  } catch (error) {
    if (error instanceof ProtocolError) return error;
    throw error;
  }
  throw new Error('The call was not refused.');
}

/** The status of the refusal a call ends with. */
export function refusedStatus(call: () => unknown): number {
  return refusal(call).status;
}

/** Header values that are no non-negative integer as tus writes it. */
export const BAD_INTEGERS = [
  '',
  ' ',
  '-1',
  '-0',
  '+1',
  '1.0',
  '1.',
  '.5',
  '1e3',
  '1E3',
  '0x10',
  '0b1',
  '0o7',
  '007',
  '00',
  '1, 1',
  '1,1',
  '1 ',
  ' 1',
  '1\n',
  '1\r\n',
  '\u00001',
  '1_000',
  '1n',
  'abc',
  'NaN',
  'Infinity',
  'null',
  'undefined',
  '__proto__',
  'constructor',
  '１',
  '٣',
];
