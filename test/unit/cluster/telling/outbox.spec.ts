import { Outbox } from '../../../../lib/cluster/telling/outbox.js';

describe('What is to be told to a process', () => {
  const textsOf = (outbox: Outbox) => outbox.empty().map(({ text }) => text);

  it('keeps of an upload that advances only where it is, and all else', () => {
    const outbox = new Outbox();
    outbox.add({ uploadId: 'a', text: 'a 0', isPassing: false });
    outbox.add({ uploadId: 'a', text: 'a 1', isPassing: true });
    outbox.add({ uploadId: 'b', text: 'b 1', isPassing: true });
    outbox.add({ uploadId: 'a', text: 'a 2', isPassing: true });
    outbox.add({ uploadId: 'b', text: 'b 2', isPassing: false });

    expect(textsOf(outbox)).toEqual(['a 0', 'a 2', 'b 2']);
    expect(textsOf(outbox)).toEqual([]);
  });

  it('does not grow without end while that hangs: the oldest goes', () => {
    const outbox = new Outbox();
    for (let number = 0; number <= 1000; number++) {
      outbox.add({ uploadId: 'a', text: String(number), isPassing: false });
    }

    const texts = textsOf(outbox);
    expect([texts.length, texts[0], texts.at(-1)]).toEqual([1000, '1', '1000']);
  });
});
