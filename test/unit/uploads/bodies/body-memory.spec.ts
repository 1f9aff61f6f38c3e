import { setImmediate as nextTurn } from 'node:timers/promises';
import { BodyMemory, type WaitingBody } from '../../../../lib/uploads/bodies/body-memory.js';

const MIB = 1024 * 1024;
const KIB = 1024;

/** Bytes from which on bodies wait for each other. */
const FULL = 4 * MIB;

/** Reading goes on in the next turn of the event loop, and what it brings shows after that. */
async function read(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await nextTurn();
}

describe('BodyMemory', () => {
  let memory: BodyMemory;
  let resumed: string[];

  beforeEach(() => {
    memory = new BodyMemory();
    resumed = [];
  });

  function body(name: string, bytes = 0): WaitingBody {
    return {
      resume: () => {
        resumed.push(name);
        memory.take(bytes);
      },
    };
  }

  it('has room until 4 MiB are held', () => {
    memory.take(FULL - 1);
    expect(memory.isFullFor(64 * KIB)).toBe(false);

    memory.take(1);
    expect(memory.isFullFor(64 * KIB)).toBe(true);
  });

  it('leaves some of it to others, whatever one body would like to hold', () => {
    memory.take(2 * MIB);

    expect(memory.isFullFor(2 * MIB)).toBe(true);
    expect(memory.isFullFor(2 * MIB - 1)).toBe(false);
  });

  it('lets a body go on at once when there is room', () => {
    memory.enqueue(body('only'));

    expect(resumed).toEqual(['only']);
  });

  it('lets those go on that wait once there is room, the longest waiting first', async () => {
    memory.take(FULL + MIB);
    for (const name of ['first', 'second', 'third']) memory.enqueue(body(name));
    memory.release(MIB);
    await read();
    expect(resumed).toEqual([]);

    memory.release(2 * MIB);
    await read();
    expect(resumed).toEqual(['first', 'second', 'third']);
  });

  it('leaves each that goes on room for what it may bring', async () => {
    for (const name of ['1st', '2nd', '3rd', '4th', '5th', '6th']) memory.enqueue(body(name));

    expect(resumed).toEqual(['1st', '2nd', '3rd', '4th']);
    await read();
  });

  it('keeps no room for bodies that bring nothing', async () => {
    for (const name of ['1st', '2nd', '3rd', '4th', '5th', '6th']) memory.enqueue(body(name));
    await read();

    expect(resumed).toHaveLength(6);
  });

  it('lets no more of them go on than there is room for', async () => {
    memory.take(FULL);
    for (const name of ['first', 'second', 'third', 'fourth']) memory.enqueue(body(name, 2 * MIB));

    memory.release(3 * MIB);
    await read();
    expect(resumed).toEqual(['first', 'second']);

    memory.release(MIB);
    await read();
    expect(resumed).toEqual(['first', 'second']);

    memory.release(1);
    await read();
    expect(resumed).toEqual(['first', 'second', 'third']);
  });

  it('puts one that comes again behind those that wait already', async () => {
    memory.take(FULL);
    const [eager, patient] = [body('eager', MIB), body('patient', MIB)];
    memory.enqueue(eager);
    memory.enqueue(patient);
    memory.release(MIB);
    await read();
    memory.enqueue(eager);
    memory.release(MIB);
    await read();

    expect(resumed).toEqual(['eager', 'patient']);
  });

  it('forgets one that has left', () => {
    memory.take(FULL);
    const gone = body('gone');
    memory.enqueue(gone);
    memory.leave(gone);
    memory.release(FULL);

    expect(resumed).toEqual([]);
  });
});
