import { Subject, type Observable } from 'rxjs';
import { watch } from '../../../lib/events/index.js';
import { UploadNotFoundError, type Upload, type UploadEvent } from '../../../lib/index.js';

const ID = 'a'.repeat(32);

function upload(told: Partial<Upload> = {}): Upload {
  return {
    id: ID,
    state: 'receiving',
    partial: false,
    offset: 0,
    length: 10,
    protocol: 'tus',
    metadata: {},
    rawMetadata: {},
    createdAt: new Date(),
    ...told,
  };
}

function progress(offset: number, id = ID): UploadEvent {
  return { type: 'progress', upload: upload({ id, offset }) };
}

/** What an observable has brought so far. */
class Seen {
  readonly values: [state: string, offset: number][] = [];
  end?: unknown;

  constructor(watched$: Observable<Upload>) {
    watched$.subscribe({
      next: ({ state, offset }) => this.values.push([state, offset]),
      error: (error: unknown) => (this.end = error),
      complete: () => (this.end = 'complete'),
    });
  }
}

/** Lets promises that are settled be heard. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('watching an upload', () => {
  let events$: Subject<UploadEvent>;
  beforeEach(() => {
    events$ = new Subject();
  });

  function watchFrom(found: Upload | undefined | Promise<Upload | undefined>): Seen {
    return new Seen(watch(events$, ID, async () => found));
  }

  it('begins with how it is, and goes on with how it advances', async () => {
    const seen = watchFrom(upload({ offset: 2 }));
    await turn();
    events$.next(progress(5));
    events$.next(progress(7));

    expect(seen.values).toEqual([
      ['receiving', 2],
      ['receiving', 5],
      ['receiving', 7],
    ]);
    expect(seen.end).toBeUndefined();
  });

  it.each(['finished', 'terminated', 'expired', 'quarantined'] as const)(
    'ends with the value that says it is %s',
    async (state) => {
      const seen = watchFrom(upload({ offset: 2 }));
      await turn();
      const type = state;
      events$.next({ type, upload: upload({ state, offset: 0 }) });
      events$.next(progress(9));

      expect(seen.values).toEqual([
        ['receiving', 2],
        [state, 0],
      ]);
      expect(seen.end).toBe('complete');
      expect(events$.observed).toBe(false);
    },
  );

  it('is one value of an upload that has come to its end', async () => {
    const seen = watchFrom(upload({ state: 'finished', offset: 10 }));
    await turn();

    expect(seen.values).toEqual([['finished', 10]]);
    expect(seen.end).toBe('complete');
    expect(events$.observed).toBe(false);
  });

  it('fails for an upload that nothing is known of', async () => {
    const seen = watchFrom(undefined);
    await turn();

    expect(seen.values).toEqual([]);
    expect(seen.end).toBeInstanceOf(UploadNotFoundError);
    expect(events$.observed).toBe(false);
  });

  it('fails with what looking it up fails with', async () => {
    const seen = watchFrom(Promise.reject(new Error('The registry is closed.')));
    await turn();

    expect(seen.end).toEqual(new Error('The registry is closed.'));
  });

  it('tells nothing of other uploads', async () => {
    const seen = watchFrom(upload());
    await turn();
    events$.next(progress(5, 'b'.repeat(32)));

    expect(seen.values).toEqual([['receiving', 0]]);
  });

  it('never goes back to what was looked up before an event, and told after it', async () => {
    let found!: (upload: Upload) => void;
    const seen = watchFrom(new Promise<Upload>((resolve) => (found = resolve)));
    events$.next(progress(5));
    found(upload({ offset: 2 }));
    await turn();
    events$.next(progress(6));

    expect(seen.values).toEqual([
      ['receiving', 5],
      ['receiving', 6],
    ]);
  });

  it('misses no end that comes while it is looked up', async () => {
    let found!: (upload: Upload) => void;
    const seen = watchFrom(new Promise<Upload>((resolve) => (found = resolve)));
    events$.next({ type: 'finished', upload: upload({ state: 'finished', offset: 10 }) });
    found(upload({ offset: 2 }));
    await turn();

    expect(seen.values).toEqual([['finished', 10]]);
    expect(seen.end).toBe('complete');
  });

  it('looks again when events may have been missed, and tells nothing twice', async () => {
    const missed$ = new Subject<void>();
    let now = upload({ offset: 2 });
    const seen = new Seen(watch(events$, ID, async () => now, missed$));
    await turn();
    missed$.next();
    await turn();
    events$.next(progress(5));
    now = upload({ state: 'finished', offset: 10 });
    missed$.next();
    await turn();

    expect(seen.values).toEqual([
      ['receiving', 2],
      ['receiving', 5],
      ['finished', 10],
    ]);
    expect(seen.end).toBe('complete');
    expect(missed$.observed).toBe(false);
  });

  it('ends when there are no events any more', async () => {
    const seen = watchFrom(upload());
    await turn();
    events$.complete();

    expect(seen.end).toBe('complete');
  });

  it('looks nothing up, and listens to nothing, before somebody subscribes', () => {
    let looked = 0;
    const watched$ = watch(events$, ID, async () => {
      looked++;
      return upload();
    });
    const before = [looked, events$.observed];
    new Seen(watched$);
    new Seen(watched$);

    expect(before).toEqual([0, false]);
    expect([looked, events$.observed]).toEqual([2, true]);
  });
});
