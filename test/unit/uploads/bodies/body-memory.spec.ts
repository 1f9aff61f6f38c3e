import { BodyMemory, type WaitingBody } from '../../../../lib/uploads/bodies/body-memory.js';

const MIB = 1024 * 1024;
const KIB = 1024;

/** Bytes from which on bodies wait for each other. */
const FULL = 3 * MIB;

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

  it('has room until 3 MiB are held', () => {
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

  it('lets those go on that wait once there is room, the longest waiting first', () => {
    memory.take(FULL + MIB);
    for (const name of ['first', 'second', 'third']) memory.enqueue(body(name));
    memory.release(MIB);
    expect(resumed).toEqual([]);

    memory.release(1);
    expect(resumed).toEqual(['first', 'second', 'third']);
  });

  it('lets no more of them go on than there is room for', () => {
    memory.take(FULL);
    memory.enqueue(body('first', MIB));
    memory.enqueue(body('second', MIB));
    memory.enqueue(body('third', MIB));

    memory.release(2 * MIB);
    expect(resumed).toEqual(['first', 'second']);

    memory.release(MIB);
    expect(resumed).toEqual(['first', 'second', 'third']);
  });

  it('puts one that comes again behind those that wait already', () => {
    memory.take(FULL);
    const [eager, patient] = [body('eager', MIB), body('patient', MIB)];
    memory.enqueue(eager);
    memory.enqueue(patient);
    memory.release(MIB);
    memory.enqueue(eager);
    memory.release(MIB);

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
