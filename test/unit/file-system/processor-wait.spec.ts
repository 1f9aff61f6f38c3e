import { processorWait } from '../../../lib/file-system/processor-wait.js';

describe('the time that was waited for a processor', () => {
  it('only ever grows', () => {
    const before = processorWait();
    const end = performance.now() + 20;
    while (performance.now() < end);

    expect(before).toBeGreaterThanOrEqual(0);
    expect(processorWait()).toBeGreaterThanOrEqual(before);
  });

  if (process.platform === 'linux') {
    it('is more than none in a process that runs for a while', () => {
      expect(processorWait()).toBeGreaterThan(0);
    });
  }
});
